#ifndef APUS_INDEX_H
#define APUS_INDEX_H
#include "apus_types.h"
typedef struct {
  int batch_rank;
  long batch_shape[APUS_MAX_RANK];
  long batch_index_stride[APUS_MAX_RANK];
  long batch_operand_stride[APUS_MAX_RANK];
  long batch_window_stride[APUS_MAX_RANK];
  int component_count;
  long component_stride;
  long limit[APUS_MAX_RANK];
  long component_operand_stride[APUS_MAX_RANK];
  int window_rank;
  long window_shape[APUS_MAX_RANK];
  long window_operand_stride[APUS_MAX_RANK];
  long window_window_stride[APUS_MAX_RANK];
} apus_index_shape;
void apus_gather(int element_size, const apus_index_shape *shape, const void *operand, const int32_t *indices,
                 void *result);
typedef enum {
  APUS_SCATTER_SET,
  APUS_SCATTER_ADD,
  APUS_SCATTER_MULTIPLY,
  APUS_SCATTER_MIN,
  APUS_SCATTER_MAX
} apus_scatter_kind;
void apus_scatter(apus_scatter_kind kind, apus_dtype dtype, bool clamps, const apus_index_shape *shape,
                  const int32_t *indices, const void *updates, void *operand);
#endif
