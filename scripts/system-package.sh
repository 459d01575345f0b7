#!/bin/sh
# Installs a package of the system where that needs no question asked, else says what to do:
# system-package.sh HINT APT-PACKAGE BREW-PACKAGE…
set -eu
hint=$1
package=$2
shift 2

say() { printf '%s\n' "$*" >&2; }

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then sudo=
  elif sudo -n true 2>/dev/null; then sudo='sudo -n'
  else say "$hint (No root here: sudo apt-get install $package)"; exit 0
  fi
  say "Installing $package with apt-get …"
  # Another apt may be at work, as on a machine that has just started; mirrors hiccup; and nobody is there to be asked.
  apt='apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o DPkg::Options::=--force-confold'
  install="$apt install --no-install-recommends $package"
  # What the lists name may be gone, or there are none yet. One of many sources that fails is no reason not to go on.
  $sudo env DEBIAN_FRONTEND=noninteractive sh -c "$install || { $apt update; $install; }" </dev/null >&2 || say "$hint"
elif command -v brew >/dev/null 2>&1; then
  say "Installing $package with brew …"
  brew install "$@" >&2 || say "$hint"
else
  say "$hint"
fi
