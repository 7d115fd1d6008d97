#!/bin/sh
# Runs the tests of the kernels, the engine and the layers under a sanitizer:
#   Scripts/sanitize.sh address|undefined|thread [FILTER]
# It builds into .build/sanitize-…, which takes minutes. The pool's blocks end where arrays end (AddressSanitizer.swift).
set -eu
cd "$(dirname "$0")/.."
kind=${1:-}
tests=${2:-'ApusCPUTests|CaseTests|GradientTests|FuzzTests|MemoryTests|ApusNNTests'}
parallel=
case $kind in
address) set -- --sanitize=$kind ;;
thread)
  set -- --sanitize=$kind
  # One test after another: the pool's threads are what is looked at. Between tests of several threads Swift's library, which
  # is not instrumented, hands memory on unseen.
  parallel=--no-parallel
  ;;
undefined)
  # Swift traps by itself; its compiler does not know this one, so that the C is compiled and linked for it. Checks of
  # every address would make the unrolled kernels take hours to compile, and ask for what the address sanitizer finds.
  runtime=$(clang -print-file-name=libclang_rt.ubsan_standalone-"$(uname -m)".a)
  set -- -Xcc -fsanitize=undefined -Xcc -fno-sanitize=pointer-overflow,object-size,null,function -Xlinker "$runtime"
  ;;
*)
  echo "usage: Scripts/sanitize.sh address|undefined|thread [FILTER]" >&2
  exit 2
  ;;
esac
set -- -c release --scratch-path ".build/sanitize-$kind" "$@"
${SWIFT:-swift} build --build-tests "$@"
# Swift's runtime keeps what it allocates for types: no leak.
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/Scripts/thread-sanitizer.supp"
export APUS_FUZZ_COUNT="${APUS_FUZZ_COUNT:-1000}"
${SWIFT:-swift} test --skip-build $parallel --filter "$tests" "$@"
