#!/bin/sh
# Installs the comparators of requirements.txt into .venv in the root of the repository; does nothing where they are there.
set -eu
cd "$(dirname "$0")/.."
requirements=Benchmarks/requirements.txt
stamp=.venv/requirements.stamp
log=.venv/setup.log
python=${PYTHON:-python3}

fail() {
  echo "Benchmarks/setup.sh: $1" >&2
  exit 1
}

if [ -f "$stamp" ] && cmp -s "$requirements" "$stamp"; then exit 0; fi
command -v "$python" >/dev/null 2>&1 || fail "no $python; install Python 3.11 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$("$python" --version) is too old; 3.11 is the oldest that will do"
if [ ! -x .venv/bin/pip ]; then
  "$python" -m venv .venv >/dev/null 2>&1 || fail "$python -m venv failed; on Debian it needs the package python3-venv"
fi
echo "installing PyTorch and JAX into .venv (about 2 GB to download, 5 GB on disk)" >&2
# --no-deps: the list is complete, and leaves out what only a GPU needs.
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r "$requirements" >"$log" 2>&1 ||
  fail "pip failed: $(grep -i error "$log" | tail -n 1 | cut -c 1-200) (see $log)"
.venv/bin/python -c 'import torch, jax' >"$log" 2>&1 || fail "the packages don't load: $(tail -n 1 "$log") (see $log)"
cp "$requirements" "$stamp"
