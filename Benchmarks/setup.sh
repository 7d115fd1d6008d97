#!/bin/sh
# Makes the virtual environment of the comparisons, once for each version of requirements.txt.
set -eu
cd "$(dirname "$0")/.."
stamp=.venv/requirements-installed.txt
if cmp -s Benchmarks/requirements.txt "$stamp"; then exit 0; fi
echo "setting up PyTorch and JAX in .venv (about 6 GB)" >&2
[ -x .venv/bin/python ] || python3 -m venv .venv
if ! .venv/bin/python -m pip install -q --disable-pip-version-check -r Benchmarks/requirements.txt; then
  echo "make bench: PyTorch and JAX could not be installed (see above)" >&2
  exit 1
fi
cp Benchmarks/requirements.txt "$stamp"
