// How a float32 matrix product is divided: by its sizes and the instruction set only.
#ifndef APUS_MATMUL_PRIVATE_H
#define APUS_MATMUL_PRIVATE_H

#include "apus_matmul.h"
#include "scratch_private.h"
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

typedef struct {
  const apus_matmul_shape *shape;
  const apus_matmul_plan *plan;
  const float *a, *b;
  const float *ready; // panels of B that the caller packed, instead of b
  float *c;
  const apus_epilogue *epilogue;
  apus_slots slots;
  float *partial; // [splits, batch, rows, columns] when there is more than one split
} apus_matmul_product;

// The part of a product that one task computes in one stretch of k.
typedef struct {
  const float *a, *b; // of this batch, at the stretch's first k
  float *c;           // of this batch
  long c_offset;      // from the first result of all
  long row_begin, row_end, panel_begin, panel_end;
  float *packed;     // panels of B for this stretch
  long packed_begin; // the first of them
  long k, inner;     // the stretch
  bool first, last;
} apus_matmul_block;

// Packs the block's panels.
void apus_matmul_pack_panels(const apus_matmul_product *p, const apus_matmul_block *part);
// Copies the rows of a tile so that they lie close together, in the order they have in A, for the tile to read.
void apus_matmul_copy_rows(const apus_matmul_product *p, const float *a, long rows, long inner, float *copied,
                           apus_tile *tile);
// Rows `row` ..< `row + height` of the block, where the tile says where those of A are.
void apus_matmul_run_tile(const apus_matmul_product *p, const apus_matmul_block *part, long row, long height,
                          apus_tile *tile);

// Products with many rows and columns: B is packed once for all tasks.
bool apus_matmul_is_large(const apus_matmul_shape *shape);
size_t apus_matmul_large_scratch(const apus_matmul_shape *shape);
void apus_matmul_large(const apus_matmul_shape *shape, apus_matmul_product *p, void *scratch);

// Products with a single row or column (or a few rows of a transposed B), by dot products or sums of rows.
bool apus_matmul_is_thin(const apus_matmul_shape *shape);
size_t apus_matmul_thin_scratch(const apus_matmul_shape *shape);
void apus_matmul_thin(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                      const apus_epilogue *epilogue, void *scratch);

#endif
