// The Fortran symbols of BLAS and LAPACK that are called, for one element type: REAL, NAME(potrf) and so on are set by
// the file that includes this one. Every argument is an address; integers have 32 bits; gfortran expects the lengths of
// the strings as further arguments at the end.
typedef const int *integer;
typedef const char *letter;
typedef const REAL *number;

extern void NAME(gemm)(letter transa, letter transb, integer m, integer n, integer k, number alpha, const REAL *a,
                       integer lda, const REAL *b, integer ldb, number beta, REAL *c, integer ldc, size_t, size_t);
extern void NAME(trsm)(letter side, letter uplo, letter transa, letter diagonal, integer m, integer n, number alpha,
                       const REAL *a, integer lda, REAL *b, integer ldb, size_t, size_t, size_t, size_t);
extern void NAME(potrf)(letter uplo, integer n, REAL *a, integer lda, int *info, size_t);
extern void NAME(getrf)(integer m, integer n, REAL *a, integer lda, int *pivots, int *info);
extern void NAME(getrs)(letter trans, integer n, integer columns, const REAL *a, integer lda, const int *pivots,
                        REAL *b, integer ldb, int *info, size_t);
extern void NAME(getri)(integer n, REAL *a, integer lda, const int *pivots, REAL *work, integer size, int *info);
extern void NAME(gelqf)(integer m, integer n, REAL *a, integer lda, REAL *tau, REAL *work, integer size, int *info);
extern void NAME(orglq)(integer m, integer n, integer k, REAL *a, integer lda, const REAL *tau, REAL *work,
                        integer size, int *info);
extern void NAME(gesdd)(letter job, integer m, integer n, REAL *a, integer lda, REAL *s, REAL *u, integer ldu, REAL *vt,
                        integer ldvt, REAL *work, integer size, int *iwork, int *info, size_t);
extern void NAME(gesvd)(letter jobu, letter jobvt, integer m, integer n, REAL *a, integer lda, REAL *s, REAL *u,
                        integer ldu, REAL *vt, integer ldvt, REAL *work, integer size, int *info, size_t, size_t);
extern void NAME(syevd)(letter job, letter uplo, integer n, REAL *a, integer lda, REAL *w, REAL *work, integer size,
                        int *iwork, integer isize, int *info, size_t, size_t);
