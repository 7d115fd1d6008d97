// Discrete Fourier transforms of any length along one axis of a dense array, in one thread. A complex number is a pair
// of neighbours, real part first. Nothing is scaled but by `scale`.
#ifndef APUS_FOURIER_H
#define APUS_FOURIER_H

#include <stdbool.h>
#include <stddef.h>

// What transforms of one length need to know: radices, twiddle factors. Not written after it is made, hence free to be
// used by several threads.
typedef struct apus_fourier_plan apus_fourier_plan;

// `size` > 0. `real`: for transforms of `size` real numbers, else of complex ones. `is_double`: of the element type.
apus_fourier_plan *apus_fourier_plan_make(size_t size, bool real, bool is_double);
void apus_fourier_plan_free(apus_fourier_plan *plan);

#define APUS_FOURIER(REAL, T)                                                                                          \
  /* x, y [outer, size, inner, 2]: y[k] = scale * sum over j of x[j] exp(-+2 pi i j k / size), + for the inverse. */   \
  void apus_fourier_complex_##T(const apus_fourier_plan *plan, bool inverse, size_t outer, size_t inner, REAL scale,   \
                                const REAL *x, REAL *y);                                                               \
  /* x [outer, size, inner], y [outer, size / 2 + 1, inner, 2]: the half of the transform that says everything. */     \
  void apus_fourier_real_##T(const apus_fourier_plan *plan, size_t outer, size_t inner, REAL scale, const REAL *x,     \
                             REAL *y);                                                                                 \
  /* x [outer, size / 2 + 1, inner, 2], y [outer, size, inner]: the inverse transform of the whole that has this half; \
     the imaginary parts of what must be real are not read. */                                                         \
  void apus_fourier_inverse_real_##T(const apus_fourier_plan *plan, size_t outer, size_t inner, REAL scale,            \
                                     const REAL *x, REAL *y);

APUS_FOURIER(float, f32)
APUS_FOURIER(double, f64)

#endif
