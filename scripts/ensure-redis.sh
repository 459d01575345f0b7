#!/bin/sh
# The tests start and kill Redis of their own: a service on the default port is neither wanted nor needed.
set -eu
! command -v redis-server >/dev/null 2>&1 || exit 0
exec sh "$(dirname "$0")/system-package.sh" 'Redis for the tests: install redis-server.' redis-server redis
