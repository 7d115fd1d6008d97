#!/bin/sh
# Prints how far the kernels of 3 × 3 and 5 × 5 convolutions are from sums in double precision, as Documentation/WinogradError.md:
#   Scripts/measure-convolution-error.sh > Documentation/WinogradError.md
set -eu
cd "$(dirname "$0")/.."
kernels=Sources/CApusKernels
program=$(mktemp)
trap 'rm -f "$program"' EXIT
${CC:-clang} -O2 -std=gnu11 -w -I $kernels -I $kernels/include Scripts/measure-convolution-error.c \
  $kernels/apus_*.c $kernels/tile*.c $kernels/matmul*.c $kernels/convolution*.c $kernels/winograd*.c \
  -lm -lpthread -o "$program"
"$program"
