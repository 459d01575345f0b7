#!/bin/sh
# The browser tests need a real Chromium. Installs it where that needs no question asked, else says what to do.
set -eu
[ -z "${CHROMIUM:-}" ] || exit 0
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  ! command -v "$name" >/dev/null 2>&1 || exit 0
done
for app in 'Google Chrome' Chromium; do
  [ ! -x "/Applications/$app.app/Contents/MacOS/$app" ] || exit 0
done

say() { printf '%s\n' "$*" >&2; }
hint='Chromium for the browser tests: set CHROMIUM to the path of one, or install it.'

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then sudo=
  elif sudo -n true 2>/dev/null; then sudo='sudo -n'
  else say "$hint (No root here: sudo apt-get install chromium)"; exit 0
  fi
  say 'Installing chromium with apt-get …'
  $sudo env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get install -y -q --no-install-recommends chromium ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; }' >&2 || say "$hint"
elif command -v brew >/dev/null 2>&1; then
  say 'Installing chromium with brew …'
  brew install --cask chromium >&2 || say "$hint"
else
  say "$hint"
fi
