#!/bin/sh
# Compiles the kernels for arm64 and runs Scripts/check-kernels.c in an emulator (which says nothing of speed).
# On Debian: clang qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross.
set -eu
cd "$(dirname "$0")/.."
kernels=Sources/CApusKernels
root=${AARCH64_ROOT:-/usr/aarch64-linux-gnu}
for tool in clang qemu-aarch64 aarch64-linux-gnu-gcc; do
  command -v $tool >/dev/null || {
    echo "check-aarch64: $tool is missing (Debian: clang qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross)" >&2
    exit 1
  }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# All but what announces the kernels to Swift.
ls $kernels/*.c Scripts/check-kernels.c | grep -v /register.c | xargs -P "$(nproc)" -I FILE sh -c '
  clang --target=aarch64-linux-gnu -isystem '"$root"'/include -O2 -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror \
    -I '"$kernels/include"' -c FILE -o '"$folder"'/$(basename FILE .c).o'
aarch64-linux-gnu-gcc "$folder"/*.o -lm -lpthread -o "$folder/check"
qemu-aarch64 -L "$root" "$folder/check"
