#include "apus_pool.h"
#include "matmul_private.h"

// B packed once for many products: panels one behind the other, each with all of k, the last one as narrow as may be.

static long packed_columns(const apus_matmul_shape *shape) {
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const apus_tile_panel *panel = apus_tile_panel_for(kernels, shape->columns);
  const long whole = shape->columns / panel->width * panel->width, left = shape->columns - whole;
  return whole + (left ? apus_tile_panel_for(kernels, left)->width : 0);
}

size_t apus_matmul_f32_packed_bytes(const apus_matmul_shape *shape) {
  return (size_t)(packed_columns(shape) * shape->inner) * sizeof(float);
}

typedef struct {
  const apus_matmul_shape *shape;
  const apus_tile_panel *panel;
  const float *b;
  float *packed;
} packing;

static void pack_one_panel(void *context, long index) {
  const packing *p = context;
  const apus_matmul_shape *shape = p->shape;
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const long column = index * p->panel->width, left = shape->columns - column;
  const int width = left >= p->panel->width ? p->panel->width : apus_tile_panel_for(kernels, left)->width;
  kernels->pack_panel(shape->inner, apus_smaller(width, left), p->b + column * shape->b_column, shape->b_row,
                      shape->b_column, width, p->packed + column * shape->inner);
}

void apus_matmul_f32_pack(const apus_matmul_shape *shape, const float *b, float *packed) {
  if (shape->columns * shape->inner == 0) return;
  packing p = {shape, apus_tile_panel_for(apus_tile_kernels_current(), shape->columns), b, packed};
  apus_parallel(apus_ceiling_divide(shape->columns, p.panel->width), pack_one_panel, &p);
}
