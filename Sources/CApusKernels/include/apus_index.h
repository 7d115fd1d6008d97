// Gather and scatter: windows of an array at places that an array of indices gives.
#ifndef APUS_INDEX_H
#define APUS_INDEX_H

#include "apus_types.h"

// Where the elements of a gather or scatter lie. A batch position picks one index vector; its components, times their
// strides, give where a window of the operand starts.
typedef struct {
  int batch_rank;
  long batch_shape[APUS_MAX_RANK];
  long batch_index_stride[APUS_MAX_RANK];   // elements of `indices` per step along a batch axis
  long batch_operand_stride[APUS_MAX_RANK]; // of the operand; 0 unless the operand has that batch axis too
  long batch_window_stride[APUS_MAX_RANK];  // of the result (of a gather) or of the updates (of a scatter)
  int component_count;                      // of an index vector
  long component_stride;                    // elements of `indices` between components
  long limit[APUS_MAX_RANK];                // the largest start for each component: operand size - window size
  long component_operand_stride[APUS_MAX_RANK];
  int window_rank;
  long window_shape[APUS_MAX_RANK];
  long window_operand_stride[APUS_MAX_RANK];
  long window_window_stride[APUS_MAX_RANK]; // in the result or the updates
} apus_index_shape;

// result[b, w] = operand[start(b) + w], each start clamped into 0...limit. element_size is 1, 2, 4 or 8.
void apus_gather(int element_size, const apus_index_shape *shape, const void *operand, const int32_t *indices,
                 void *result);

typedef enum {
  APUS_SCATTER_SET,
  APUS_SCATTER_ADD,
  APUS_SCATTER_MULTIPLY,
  APUS_SCATTER_MIN,
  APUS_SCATTER_MAX
} apus_scatter_kind;

// operand[start(b) + w] op= updates[b, w], in place, in row-major order of (b, w): the last of several `set` wins, and
// sums are added in that order whatever the number of threads. A window that does not lie wholly inside the operand is
// left out or, with `clamps`, moved inside. SET works on any type by its size; the others on bool (ADD and MAX are
// "or", MULTIPLY and MIN "and"), U8, I32, U32, I64, U64, F32 and F64. NaN wins in MIN and MAX.
void apus_scatter(apus_scatter_kind kind, apus_dtype dtype, bool clamps, const apus_index_shape *shape,
                  const int32_t *indices, const void *updates, void *operand);

#endif
