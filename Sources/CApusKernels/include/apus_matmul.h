// Matrix product C = epilogue(A · B), float32 packed kernels and a plain one for the other types.
#ifndef APUS_MATMUL_H
#define APUS_MATMUL_H

#include "apus_types.h"

// Element (b, i, p) of A is a[b * a_batch + i * a_row + p * a_column]; likewise B (b, p, j). Any strides are allowed;
// those with a unit stride in one of the two matrix dimensions are fast. C is dense: (b, i, j) at
// c[(b * rows + i) * columns + j]. Strides count elements.
typedef struct {
  long batch, rows, columns, inner; // C is [batch, rows, columns]
  long a_batch, a_row, a_column;
  long b_batch, b_row, b_column;
} apus_matmul_shape;

// Bytes of scratch that apus_matmul_f32 needs (64-byte aligned), for the current number of threads or fewer.
size_t apus_matmul_f32_scratch(const apus_matmul_shape *shape);
// Bits depend on the shape and the instruction set only, never on the number of threads. inner = 0 gives zeros (then
// the epilogue).
void apus_matmul_f32(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                     const apus_epilogue *epilogue, void *scratch);

// The same with a B, the same for all batches, that is packed once for many products. What is packed for a shape
// serves any number of rows, on the instruction set that packed it; packed arrays are as large as the first function
// says, and bits may differ from apus_matmul_f32's.
size_t apus_matmul_f32_packed_bytes(const apus_matmul_shape *shape);
void apus_matmul_f32_pack(const apus_matmul_shape *shape, const float *b, float *packed);
size_t apus_matmul_f32_packed_scratch(const apus_matmul_shape *shape);
void apus_matmul_f32_packed(const apus_matmul_shape *shape, const float *a, const float *packed, float *c,
                            const apus_epilogue *epilogue, void *scratch);

// The product for any dtype but bool, without epilogue or scratch; integers wrap, u8 wraps.
void apus_matmul_any(apus_dtype dtype, const apus_matmul_shape *shape, const void *a, const void *b, void *c);

#endif
