#!/bin/sh
# The browser tests need a real Chromium.
set -eu
[ -z "${CHROMIUM:-}" ] || exit 0
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  ! command -v "$name" >/dev/null 2>&1 || exit 0
done
for app in 'Google Chrome' Chromium; do
  [ ! -x "/Applications/$app.app/Contents/MacOS/$app" ] || exit 0
done
exec sh "$(dirname "$0")/system-package.sh" \
  'Chromium for the browser tests: set CHROMIUM to the path of one, or install it.' chromium --cask chromium
