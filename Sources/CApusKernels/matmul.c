#include <string.h>

#include "apus_matmul.h"
#include "matmul_private.h"
#include "scratch_private.h"

// The product is cut into blocks of C, each computed by one task from beginning to end: it packs the columns of B that
// it needs into panels, then walks down its rows in tiles. A few long sums are cut along k as well, into partial
// results that are added in order afterwards.

typedef apus_matmul_product product;
typedef apus_matmul_block block;

static size_t slot_bytes(const apus_matmul_plan *plan) {
  return apus_aligned(plan->packed_floats * sizeof(float)) + plan->copied_floats * sizeof(float);
}

static size_t partial_bytes(const apus_matmul_shape *shape, const apus_matmul_plan *plan) {
  if (plan->splits == 1) return 0;
  return apus_aligned((size_t)(plan->splits * shape->batch * shape->rows * shape->columns) * sizeof(float));
}

size_t apus_matmul_f32_scratch(const apus_matmul_shape *shape) {
  if (shape->batch * shape->rows * shape->columns * shape->inner == 0) return 0;
  if (apus_matmul_is_thin(shape)) return apus_matmul_thin_scratch(shape);
  if (apus_matmul_is_large(shape)) return apus_matmul_large_scratch(shape);
  apus_matmul_plan plan = apus_matmul_plan_make(shape);
  return partial_bytes(shape, &plan) + apus_slots_size(plan.tasks, slot_bytes(&plan));
}

static void run_block(const product *p, const block *part, float *copied) {
  const apus_cut tiles = apus_cut_tiles(part->row_end - part->row_begin, p->plan->panel->max_rows);
  for (long t = 0; t < tiles.pieces; t++) {
    const long row = part->row_begin + apus_cut_begin(&tiles, t);
    const long height = part->row_begin + apus_cut_begin(&tiles, t + 1) - row;
    apus_tile tile = {.a = part->a + row * p->shape->a_row, .a_row = p->shape->a_row, .a_step = p->shape->a_column};
    if (p->plan->copy_a) apus_matmul_copy_rows(p, tile.a, height, part->inner, copied, &tile);
    apus_matmul_run_tile(p, part, row, height, &tile);
  }
}

static void run_task(void *context, long index) {
  const product *p = context;
  const apus_matmul_shape *shape = p->shape;
  const apus_matmul_plan *plan = p->plan;
  const long row_block = index % plan->row_blocks;
  index /= plan->row_blocks;
  const long column_block = index % plan->column_blocks;
  index /= plan->column_blocks;
  const long split = index % plan->splits, batch = index / plan->splits;

  block part = {
      .row_begin = apus_piece_begin(shape->rows, plan->row_blocks, row_block),
      .row_end = apus_piece_begin(shape->rows, plan->row_blocks, row_block + 1),
      .panel_begin = apus_piece_begin(plan->panels, plan->column_blocks, column_block),
      .panel_end = apus_piece_begin(plan->panels, plan->column_blocks, column_block + 1),
  };
  const long results = shape->rows * shape->columns;
  part.c_offset = batch * results;
  part.c = plan->splits > 1 ? p->partial + (split * shape->batch + batch) * results : p->c + part.c_offset;

  char *slot = apus_slot_take(&p->slots);
  float *packed = (float *)(void *)slot;
  float *copied = (float *)(void *)(slot + apus_aligned(plan->packed_floats * sizeof(float)));
  const long begin = apus_piece_begin(shape->inner, plan->splits, split);
  const long end = apus_piece_begin(shape->inner, plan->splits, split + 1);
  for (long k = begin; k < end; k += plan->inner_block) {
    part.a = p->a + batch * shape->a_batch + k * shape->a_column;
    if (!p->ready) part.b = p->b + batch * shape->b_batch + k * shape->b_row;
    part.k = k;
    part.inner = apus_smaller(plan->inner_block, end - k);
    part.first = k == begin;
    part.last = k + part.inner == end;
    part.packed = packed;
    part.packed_begin = part.panel_begin;
    if (!p->ready) apus_matmul_pack_panels(p, &part);
    run_block(p, &part, copied);
  }
  apus_slot_give(slot);
}

// Adds the partial results of one row in order.
static void add_partial_row(void *context, long index) {
  const product *p = context;
  const long columns = p->shape->columns, results = p->shape->batch * p->shape->rows * columns;
  float *c = p->c + index * columns;
  memcpy(c, p->partial + index * columns, (size_t)columns * sizeof(float));
  for (long split = 1; split < p->plan->splits; split++) {
    p->plan->kernels->add(columns, p->partial + split * results + index * columns, c);
  }
  if (!p->epilogue) return;
  const apus_epilogue epilogue = apus_epilogue_at(p->epilogue, 0, index * columns);
  p->plan->kernels->finish(1, columns, columns, c, &epilogue);
}

// The product of shapes that are neither empty nor thin.
static void run_product(const apus_matmul_shape *shape, const apus_matmul_plan *plan, product *p, void *scratch) {
  p->shape = shape;
  p->plan = plan;
  p->slots = apus_slots_make((char *)scratch + partial_bytes(shape, plan), plan->tasks, slot_bytes(plan));
  p->partial = scratch;
  apus_parallel(plan->tasks, run_task, p);
  if (plan->splits > 1) apus_parallel(shape->batch * shape->rows, add_partial_row, p);
}

static bool is_empty(const apus_matmul_shape *shape, float *c, const apus_epilogue *epilogue) {
  const long rows = shape->batch * shape->rows;
  if (rows * shape->columns == 0) return true;
  if (shape->inner > 0) return false;
  memset(c, 0, (size_t)(rows * shape->columns) * sizeof(float));
  if (epilogue) apus_tile_kernels_current()->finish(rows, shape->columns, shape->columns, c, epilogue);
  return true;
}

void apus_matmul_f32(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                     const apus_epilogue *epilogue, void *scratch) {
  if (is_empty(shape, c, epilogue)) return;
  if (apus_matmul_is_thin(shape)) {
    apus_matmul_thin(shape, a, b, c, epilogue, scratch);
    return;
  }
  product p = {.a = a, .b = b, .c = c, .epilogue = epilogue};
  if (apus_matmul_is_large(shape)) {
    apus_matmul_large(shape, &p, scratch);
    return;
  }
  const apus_matmul_plan plan = apus_matmul_plan_make(shape);
  run_product(shape, &plan, &p, scratch);
}

size_t apus_matmul_f32_packed_scratch(const apus_matmul_shape *shape) {
  if (shape->batch * shape->rows * shape->columns * shape->inner == 0) return 0;
  const apus_matmul_plan plan = apus_matmul_plan_make_packed(shape);
  return partial_bytes(shape, &plan) + apus_slots_size(plan.tasks, slot_bytes(&plan));
}

void apus_matmul_f32_packed(const apus_matmul_shape *shape, const float *a, const float *packed, float *c,
                            const apus_epilogue *epilogue, void *scratch) {
  if (is_empty(shape, c, epilogue)) return;
  const apus_matmul_plan plan = apus_matmul_plan_make_packed(shape);
  product p = {.a = a, .ready = packed, .c = c, .epilogue = epilogue};
  run_product(shape, &plan, &p, scratch);
}
