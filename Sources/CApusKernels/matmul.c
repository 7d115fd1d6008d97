#include <string.h>

#include "apus_matmul.h"
#include "matmul_private.h"
#include "scratch_private.h"

// The product is cut into blocks of C, each computed by one task from beginning to end: it packs the columns of B that
// it needs into panels, then walks down its rows in tiles. A few long sums are cut along k as well, into partial
// results that are added in order afterwards.

typedef struct {
  const apus_matmul_shape *shape;
  const apus_matmul_plan *plan;
  const float *a, *b;
  const float *ready; // panels of B that the caller packed, instead of b
  float *c;
  const apus_epilogue *epilogue;
  apus_slots slots;
  float *partial; // [splits, batch, rows, columns] when there is more than one split
} product;

// The part of the product that one task computes in one stretch of k.
typedef struct {
  const float *a, *b; // of this batch, at the stretch's first k
  float *c;           // of this batch
  long c_offset;      // from the first result of all
  long row_begin, row_end, panel_begin, panel_end;
  long k, inner; // the stretch
  bool first, last;
} block;

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
  apus_matmul_plan plan = apus_matmul_plan_make(shape);
  return partial_bytes(shape, &plan) + apus_slots_size(plan.tasks, slot_bytes(&plan));
}

// The kernels for panel `index`: all alike but the last one, which may be narrow.
static const apus_tile_panel *panel_at(const product *p, long index) {
  const long left = p->shape->columns - index * p->plan->panel->width;
  return left >= p->plan->panel->width ? p->plan->panel : apus_tile_panel_for(p->plan->kernels, left);
}

static bool is_direct(const product *p, long panel) {
  return !p->ready && p->plan->direct_b && (panel + 1) * p->plan->panel->width <= p->shape->columns;
}

// Panels that the caller packed lie one behind the other, each with all of k.
static const float *ready_panel(const product *p, const block *part, long panel) {
  const apus_tile_panel *first = p->plan->panel;
  return p->ready + panel * first->width * p->shape->inner + part->k * panel_at(p, panel)->width;
}

static float *packed_panel(const product *p, const block *part, float *packed, long panel) {
  return packed + (panel - part->panel_begin) * p->plan->inner_block * p->plan->panel->width;
}

// Rows of B are packed a few at a time for all panels, since the columns of one panel alone are too short a run for the
// memory to be quick; columns of B are packed a panel at a time, each of them being a long run.
static void pack_panels(const product *p, const block *part, float *packed) {
  const apus_matmul_shape *shape = p->shape;
  const long width = p->plan->panel->width;
  const long step = shape->b_column == 1 ? 16 : part->inner;
  for (long k = 0; k < part->inner; k += step) {
    for (long panel = part->panel_begin; panel < part->panel_end; panel++) {
      if (is_direct(p, panel)) continue;
      const long column = panel * width;
      const int packed_width = panel_at(p, panel)->width;
      p->plan->kernels->pack_panel(apus_smaller(step, part->inner - k), apus_smaller(width, shape->columns - column),
                                   part->b + k * shape->b_row + column * shape->b_column, shape->b_row, shape->b_column,
                                   packed_width, packed_panel(p, part, packed, panel) + k * packed_width);
    }
  }
}

// Copies the rows of a tile so that they lie close together, in the order they have in A.
static void copy_rows(const product *p, const float *a, long rows, long inner, float *copied, apus_tile *tile) {
  const apus_matmul_shape *shape = p->shape;
  tile->a = copied;
  if (shape->a_column == 1) {
    tile->a_row = inner + APUS_COPIED_PADDING;
    tile->a_step = 1;
    for (long i = 0; i < rows; i++)
      memcpy(copied + i * tile->a_row, a + i * shape->a_row, (size_t)inner * sizeof(float));
  } else {
    tile->a_row = 1;
    tile->a_step = APUS_COPIED_ROWS;
    p->plan->kernels->pack_panel(inner, rows, a, shape->a_column, shape->a_row, APUS_COPIED_ROWS, copied);
  }
}

static void run_block(const product *p, const block *part, float *packed, float *copied) {
  const apus_matmul_shape *shape = p->shape;
  const apus_matmul_plan *plan = p->plan;
  const long width = plan->panel->width;
  const long first_column = part->panel_begin * width;
  const long end_column = apus_smaller(part->panel_end * width, shape->columns);
  const long rows = part->row_end - part->row_begin;
  const bool finishes = part->last && plan->splits == 1 && p->epilogue;
  // What the micro-kernel can do it does in registers; the rest follows while the rows are in the cache.
  const bool is_relu = finishes && p->epilogue->activation == APUS_ACTIVATION_RELU && !p->epilogue->before;
  const bool follows = finishes && !is_relu && (p->epilogue->activation != APUS_ACTIVATION_NONE || p->epilogue->before);
  const apus_cut tiles = apus_cut_tiles(rows, plan->panel->max_rows);
  for (long t = 0; t < tiles.pieces; t++) {
    const long row = part->row_begin + apus_cut_begin(&tiles, t);
    const long height = part->row_begin + apus_cut_begin(&tiles, t + 1) - row;
    apus_tile tile = {
        .a = part->a + row * shape->a_row,
        .a_row = shape->a_row,
        .a_step = shape->a_column,
        .segments = 1,
        .length = part->inner,
        .c_row = shape->columns,
        .accumulate = !part->first,
        .relu = is_relu,
    };
    if (plan->copy_a) copy_rows(p, tile.a, height, part->inner, copied, &tile);
    for (long panel = part->panel_begin; panel < part->panel_end; panel++) {
      const long column = panel * width;
      const bool direct = is_direct(p, panel);
      const apus_tile_panel *functions = panel_at(p, panel);
      tile.b = p->ready ? ready_panel(p, part, panel)
               : direct ? part->b + column
                        : packed_panel(p, part, packed, panel);
      tile.b_step = direct ? shape->b_row : functions->width;
      tile.c = part->c + row * shape->columns + column;
      tile.columns = apus_smaller(width, shape->columns - column);
      if (finishes) {
        const apus_epilogue here =
            apus_epilogue_at(p->epilogue, column, part->c_offset + row * shape->columns + column);
        tile.scale = here.scale;
        tile.bias = here.bias;
        tile.residual = here.residual;
      }
      functions->functions[height - 1](&tile);
    }
    if (follows) {
      const long offset = row * shape->columns + first_column;
      const apus_epilogue rest = {
          .activation = p->epilogue->activation,
          .before = p->epilogue->before ? p->epilogue->before + part->c_offset + offset : NULL,
      };
      plan->kernels->finish(height, end_column - first_column, shape->columns, part->c + offset, &rest);
    }
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
    if (!p->ready) pack_panels(p, &part, packed);
    run_block(p, &part, packed, copied);
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
  const apus_matmul_plan plan = apus_matmul_plan_make(shape);
  product p = {.a = a, .b = b, .c = c, .epilogue = epilogue};
  run_product(shape, &plan, &p, scratch);
}

// MARK: B packed by the caller

static long packed_columns(const apus_matmul_shape *shape) {
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const apus_tile_panel *panel = apus_tile_panel_for(kernels, shape->columns);
  const long whole = shape->columns / panel->width * panel->width, left = shape->columns - whole;
  return whole + (left ? apus_tile_panel_for(kernels, left)->width : 0);
}

size_t apus_matmul_f32_packed_bytes(const apus_matmul_shape *shape) {
  return (size_t)(packed_columns(shape) * shape->inner) * sizeof(float);
}

size_t apus_matmul_f32_packed_scratch(const apus_matmul_shape *shape) {
  if (shape->batch * shape->rows * shape->columns * shape->inner == 0) return 0;
  const apus_matmul_plan plan = apus_matmul_plan_make_packed(shape);
  return partial_bytes(shape, &plan) + apus_slots_size(plan.tasks, slot_bytes(&plan));
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

void apus_matmul_f32_packed(const apus_matmul_shape *shape, const float *a, const float *packed, float *c,
                            const apus_epilogue *epilogue, void *scratch) {
  if (is_empty(shape, c, epilogue)) return;
  const apus_matmul_plan plan = apus_matmul_plan_make_packed(shape);
  product p = {.a = a, .ready = packed, .c = c, .epilogue = epilogue};
  run_product(shape, &plan, &p, scratch);
}
