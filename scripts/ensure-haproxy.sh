#!/bin/sh
# The tests run deploy/haproxy.cfg with a real HAProxy. Installs it where that needs no question asked, else says what to do.
set -eu
! command -v haproxy >/dev/null 2>&1 || exit 0

say() { printf '%s\n' "$*" >&2; }
hint='HAProxy for the tests: install haproxy (2.6 or later).'

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then sudo=
  elif sudo -n true 2>/dev/null; then sudo='sudo -n'
  else say "$hint (No root here: sudo apt-get install haproxy)"; exit 0
  fi
  say 'Installing haproxy with apt-get …'
  # The tests start their own, on ports of their own; the service that comes with the package listens nowhere.
  $sudo env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get install -y -q --no-install-recommends haproxy ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends haproxy; }' >&2 || say "$hint"
elif command -v brew >/dev/null 2>&1; then
  say 'Installing haproxy with brew …'
  brew install haproxy >&2 || say "$hint"
else
  say "$hint"
fi
