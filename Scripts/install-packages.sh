#!/bin/sh
# Installs the Debian packages that are missing; does nothing where all are there or where there is no apt.
set -eu
if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "make deps: not a Debian system; these are needed by the names of its packages: $*" >&2
  exit 0
fi
missing=""
for package in "$@"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "installing$missing" >&2
run=""
if [ "$(id -u)" != 0 ]; then run="sudo"; fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# shellcheck disable=SC2086
$run apt-get install -qq -y --no-install-recommends $missing >/dev/null
