#include "apus_matmul.h"
#include "apus_pool.h"

// The plain product, one task per row of C. Each element is one sum in order of k; float32 sums in float32, as its
// fast kernels do.

typedef struct {
  const apus_matmul_shape *shape;
  const void *a, *b;
  void *c;
} product;

// Signed integers are computed as unsigned ones of their width, which wrap.
#define ROW_FUNCTION(name, type)                                                                                       \
  static void name(void *context, long index) {                                                                        \
    const product *p = context;                                                                                        \
    const apus_matmul_shape *s = p->shape;                                                                             \
    const long batch = index / s->rows, i = index % s->rows;                                                           \
    const type *a = (const type *)p->a + batch * s->a_batch + i * s->a_row;                                            \
    const type *b = (const type *)p->b + batch * s->b_batch;                                                           \
    type *c = (type *)p->c + index * s->columns;                                                                       \
    for (long j = 0; j < s->columns; j++) c[j] = 0;                                                                    \
    for (long k = 0; k < s->inner; k++) {                                                                              \
      const type value = a[k * s->a_column];                                                                           \
      const type *row = b + k * s->b_row;                                                                              \
      for (long j = 0; j < s->columns; j++) c[j] = (type)(c[j] + value * row[j * s->b_column]);                        \
    }                                                                                                                  \
  }

ROW_FUNCTION(row_u8, uint8_t)
ROW_FUNCTION(row_u32, uint32_t)
ROW_FUNCTION(row_u64, uint64_t)
ROW_FUNCTION(row_f32, float)
ROW_FUNCTION(row_f64, double)

void apus_matmul_any(apus_dtype dtype, const apus_matmul_shape *shape, const void *a, const void *b, void *c) {
  product p = {shape, a, b, c};
  apus_task row = NULL;
  switch (dtype) {
  case APUS_BOOL:
    return; // no arithmetic: the caller never asks
  case APUS_U8:
    row = row_u8;
    break;
  case APUS_I32:
  case APUS_U32:
    row = row_u32;
    break;
  case APUS_I64:
  case APUS_U64:
    row = row_u64;
    break;
  case APUS_F32:
    row = row_f32;
    break;
  case APUS_F64:
    row = row_f64;
    break;
  default:
    return; // the caller widens the small types
  }
  apus_parallel(shape->batch * shape->rows, row, &p);
}
