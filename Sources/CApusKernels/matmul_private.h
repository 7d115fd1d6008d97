// How a float32 matrix product is divided: by its sizes and the instruction set only.
#ifndef APUS_MATMUL_PRIVATE_H
#define APUS_MATMUL_PRIVATE_H

#include "apus_matmul.h"
#include "tile_private.h"

// The buffer for a tile's rows of A: room for a multiple of the vector length, and rows padded by a cache line so that
// they do not collide.
enum { APUS_COPIED_ROWS = 16, APUS_COPIED_PADDING = 16 };

typedef struct {
  const apus_tile_kernels *kernels;
  const apus_tile_panel *panel; // of every panel but perhaps the last, which may be narrower
  long panels, row_blocks, column_blocks, splits;
  long inner_block; // steps of k whose panels are packed and kept in cache together
  bool copy_a;      // rows are copied into a buffer before use
  bool direct_b;    // whole panels are read where they lie
  long tasks;
  size_t packed_floats, copied_floats; // of a task's slot
} apus_matmul_plan;

apus_matmul_plan apus_matmul_plan_make(const apus_matmul_shape *shape);
// With B packed beforehand.
apus_matmul_plan apus_matmul_plan_make_packed(const apus_matmul_shape *shape);

// Products with a single row or column (or a few rows of a transposed B), by dot products or sums of rows.
bool apus_matmul_is_thin(const apus_matmul_shape *shape);
size_t apus_matmul_thin_scratch(const apus_matmul_shape *shape);
void apus_matmul_thin(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                      const apus_epilogue *epilogue, void *scratch);

#endif
