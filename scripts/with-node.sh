#!/bin/sh
# Runs a command under the right Node with the dependencies in place: with-node.sh COMMAND [ARGS…]
# Node comes from npm itself, because npm picks and checks versions by the Node it runs on, and because the
# transport's native binary is bound to Node 22.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
wanted=22.23.3

say() { printf '%s\n' "$*" >&2; }

# Anew each time: npm takes the half of a package, which an interrupted run may have left, for all of it.
bring() {
  rm -rf .toolchain
  mkdir .toolchain
  cp .npmrc .toolchain/
  printf '{ "private": true, "allowScripts": { "node": true } }\n' >.toolchain/package.json
  npm install --prefix "$root/.toolchain" --no-save --no-package-lock --no-audit --no-fund --loglevel=error "node@$wanted" >&2
}

install() { npm ci --no-audit --no-fund --loglevel=error >&2; }

# npm asks again where no answer comes (.npmrc says how often), but not where one breaks off. A second call has in its cache what
# came whole.
again() { say 'Once more …'; "$@"; }

# 22.22.0 or later, and still a 22.
fits() {
  version=$("$1" --version 2>/dev/null) || return 1
  case $version in v22.*) ;; *) return 1 ;; esac
  minor=${version#v22.}
  minor=${minor%%.*}
  [ "$minor" -ge 22 ] 2>/dev/null
}

if ! fits node; then
  brought=$root/.toolchain/node_modules/.bin
  if [ "$("$brought/node" --version 2>/dev/null || true)" != "v$wanted" ]; then
    if ! command -v npm >/dev/null 2>&1; then
      say 'npm was not found. Install any Node.js from version 18 on (https://nodejs.org); the right one is then brought by npm.'
      exit 1
    fi
    say "Bringing Node $wanted into .toolchain (once) …"
    bring || again bring
  fi
  PATH=$brought:$PATH
fi
PATH=$root/node_modules/.bin:$PATH
export PATH

# The stamp is the lock file that was installed: it lies inside node_modules, so it goes when they go.
stamp=node_modules/.installed-lock.json
if ! cmp -s package-lock.json "$stamp"; then
  say 'Installing the dependencies of package-lock.json …'
  { install && node scripts/verify-platform.mjs; } || again install
  node scripts/verify-binaries.mjs
  cp package-lock.json "$stamp"
fi

exec "$@"
