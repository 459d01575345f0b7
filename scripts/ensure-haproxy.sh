#!/bin/sh
# The tests run deploy/haproxy.cfg with a real HAProxy, on ports of their own; the service that comes with the package listens
# nowhere.
set -eu
! command -v haproxy >/dev/null 2>&1 || exit 0
exec sh "$(dirname "$0")/system-package.sh" 'HAProxy for the tests: install haproxy (2.6 or later).' haproxy haproxy
