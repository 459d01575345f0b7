#!/bin/sh
# Integration tests need a real Redis. Installs redis-server where that needs no question asked, else says what to do.
set -eu
[ -z "${TEST_REDIS_URL:-}" ] || exit 0
! command -v redis-server >/dev/null 2>&1 || exit 0
! docker info >/dev/null 2>&1 || exit 0

say() { printf '%s\n' "$*" >&2; }
hint='Redis for the tests: set TEST_REDIS_URL, start Docker, or install redis-server.'

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then sudo=
  elif sudo -n true 2>/dev/null; then sudo='sudo -n'
  else say "$hint (No root here: sudo apt-get install redis-server)"; exit 0
  fi
  say 'Installing redis-server with apt-get …'
  # The tests start their own: a service on the default port is neither wanted nor needed.
  $sudo env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get install -y -q --no-install-recommends redis-server ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends redis-server; }' >&2 || say "$hint"
elif command -v brew >/dev/null 2>&1; then
  say 'Installing redis with brew …'
  brew install redis >&2 || say "$hint"
else
  say "$hint"
fi
