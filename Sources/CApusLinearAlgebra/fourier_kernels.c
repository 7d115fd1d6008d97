// The transforms compiled for each instruction set, as CApusKernels does it; `APUS_ISA` overrides here too.
#include "fourier_private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISA(name) name##_baseline
#include "fourier_kernels.inc"
#undef ISA

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ISA(name) name##_avx2
#include "fourier_kernels.inc"
#undef ISA
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq"))),                   \
                             apply_to = function)
#define ISA(name) name##_avx512
#include "fourier_kernels.inc"
#undef ISA
#pragma clang attribute pop
#endif

const fourier_kernels *fourier_kernels_for_cpu(void) {
#if defined(__x86_64__)
  const char *name = getenv("APUS_ISA");
  if (name != NULL && strcmp(name, "baseline") == 0) return &kernels_baseline;
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (avx2 && avx512 && !(name != NULL && strcmp(name, "avx2") == 0)) return &kernels_avx512;
  if (avx2) return &kernels_avx2;
#endif
  return &kernels_baseline;
}

void *fourier_allocate(size_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes > 0 ? bytes : 64) != 0) {
    fprintf(stderr, "fourier: out of memory (%zu bytes)\n", bytes);
    abort();
  }
  return memory;
}

void apus_fourier_complex_f32(const apus_fourier_plan *plan, bool inverse, size_t outer, size_t inner, float scale,
                              const float *x, float *y) {
  fourier_kernels_for_cpu()->complex_f32(plan, inverse, outer, inner, scale, x, y);
}

void apus_fourier_complex_f64(const apus_fourier_plan *plan, bool inverse, size_t outer, size_t inner, double scale,
                              const double *x, double *y) {
  fourier_kernels_for_cpu()->complex_f64(plan, inverse, outer, inner, scale, x, y);
}

void apus_fourier_real_f32(const apus_fourier_plan *plan, size_t outer, size_t inner, float scale, const float *x,
                           float *y) {
  fourier_kernels_for_cpu()->real_f32(plan, outer, inner, scale, x, y);
}

void apus_fourier_real_f64(const apus_fourier_plan *plan, size_t outer, size_t inner, double scale, const double *x,
                           double *y) {
  fourier_kernels_for_cpu()->real_f64(plan, outer, inner, scale, x, y);
}

void apus_fourier_inverse_real_f32(const apus_fourier_plan *plan, size_t outer, size_t inner, float scale,
                                   const float *x, float *y) {
  fourier_kernels_for_cpu()->inverse_real_f32(plan, outer, inner, scale, x, y);
}

void apus_fourier_inverse_real_f64(const apus_fourier_plan *plan, size_t outer, size_t inner, double scale,
                                   const double *x, double *y) {
  fourier_kernels_for_cpu()->inverse_real_f64(plan, outer, inner, scale, x, y);
}
