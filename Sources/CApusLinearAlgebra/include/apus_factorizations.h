// Factorizations of one matrix by LAPACK. Matrices are dense and row-major: LAPACK, which counts down the columns,
// reads them as their transposes, and each function asks it for what is then right, so that nothing is transposed but
// the right-hand sides of `lu_solve`. A factorization that fails fills its results with NaN. The functions hold no
// state.
#ifndef APUS_FACTORIZATIONS_H
#define APUS_FACTORIZATIONS_H

#include <stdbool.h>
#include <stdint.h>

#define APUS_FACTORIZATIONS(REAL, T)                                                                                   \
  /* l = lower factor of a, whose lower triangle alone is read. */                                                     \
  void apus_cholesky_##T(int n, const REAL *a, REAL *l);                                                               \
  /* x: op(a) x = b with a triangular [n, n] and b [n, columns]; the other triangle is not read. */                    \
  void apus_solve_triangular_##T(int n, int columns, bool upper, bool transposed, bool unit, const REAL *a,            \
                                 const REAL *b, REAL *x);                                                              \
  /* The factors of the transpose of a, packed, and LAPACK's pivots (counted from 1). A singular matrix is factored    \
     too: a zero stays on the diagonal. */                                                                             \
  void apus_lu_##T(int n, const REAL *a, REAL *lu, int32_t *pivots);                                                   \
  /* x: a x = b or aᵀ x = b from the factors; NaN if a is singular. */                                               \
  void apus_lu_solve_##T(int n, int columns, bool transposed, const REAL *lu, const int32_t *pivots, const REAL *b,    \
                         REAL *x);                                                                                     \
  /* The determinant from the factors; its sign (0 if a is singular), and the logarithm of its magnitude. */           \
  REAL apus_determinant_##T(int n, const REAL *lu, const int32_t *pivots);                                             \
  void apus_log_determinant_##T(int n, const REAL *lu, const int32_t *pivots, REAL *sign, REAL *logarithm);            \
  /* The inverse; NaN if a is singular. */                                                                             \
  void apus_inverse_##T(int n, const REAL *a, REAL *inverse);                                                          \
  /* The matrix of cofactors, d det(a) / d a, of any matrix. */                                                        \
  void apus_cofactors_##T(int n, const REAL *a, REAL *cofactors);                                                      \
  /* a [m, n] = q [m, k] r [k, n] with k = min(m, n). */                                                               \
  void apus_qr_##T(int m, int n, const REAL *a, REAL *q, REAL *r);                                                     \
  /* a [m, n] = u [m, k] diag(s) vt [k, n]; u and vt may be NULL together. */                                          \
  void apus_svd_##T(int m, int n, const REAL *a, REAL *u, REAL *s, REAL *vt);                                          \
  /* a = vtᵀ diag(w) vt of a symmetric matrix, whose lower triangle alone is read; vt may be NULL. */                \
  void apus_symmetric_eigen_##T(int n, const REAL *a, REAL *w, REAL *vt);                                              \
  /* p [n, m] = the Moore–Penrose inverse of a [m, n]; singular values up to cutoff times the largest count as 0. */ \
  void apus_pseudo_inverse_##T(int m, int n, REAL cutoff, const REAL *a, REAL *p);                                     \
  /* e^a by scaling and squaring with Padé approximants (Higham 2005). */                                             \
  void apus_matrix_exponential_##T(int n, const REAL *a, REAL *e);

APUS_FACTORIZATIONS(float, f32)
APUS_FACTORIZATIONS(double, f64)

#endif
