#include <string.h>

#include "matmul_private.h"

// What the ways to divide a product have in common: packing panels of B, copying rows of A, a row of tiles.

typedef apus_matmul_product product;
typedef apus_matmul_block block;

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

static float *packed_panel(const product *p, const block *part, long panel) {
  return part->packed + (panel - part->packed_begin) * p->plan->inner_block * p->plan->panel->width;
}

// Rows of B are packed a few at a time for all panels, since the columns of one panel alone are too short a run for the
// memory to be quick; columns of B are packed a panel at a time, each of them being a long run.
void apus_matmul_pack_panels(const product *p, const block *part) {
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
                                   packed_width, packed_panel(p, part, panel) + k * packed_width);
    }
  }
}

// Copies the rows of a tile so that they lie close together, in the order they have in A.
void apus_matmul_copy_rows(const product *p, const float *a, long rows, long inner, float *copied, apus_tile *tile) {
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

void apus_matmul_run_tile(const product *p, const block *part, long row, long height, apus_tile *tile) {
  const apus_matmul_shape *shape = p->shape;
  const apus_matmul_plan *plan = p->plan;
  const long width = plan->panel->width;
  const long first_column = part->panel_begin * width;
  const long end_column = apus_smaller(part->panel_end * width, shape->columns);
  const bool finishes = part->last && plan->splits == 1 && p->epilogue;
  // What the micro-kernel can do it does in registers; the rest follows while the rows are in the cache.
  const bool is_relu = finishes && p->epilogue->activation == APUS_ACTIVATION_RELU && !p->epilogue->before;
  const bool follows = finishes && !is_relu && (p->epilogue->activation != APUS_ACTIVATION_NONE || p->epilogue->before);
  tile->segments = 1;
  tile->length = part->inner;
  tile->c_row = shape->columns;
  tile->accumulate = !part->first;
  tile->relu = is_relu;
  for (long panel = part->panel_begin; panel < part->panel_end; panel++) {
    const long column = panel * width;
    const bool direct = is_direct(p, panel);
    const apus_tile_panel *functions = panel_at(p, panel);
    tile->b = p->ready ? ready_panel(p, part, panel) : direct ? part->b + column : packed_panel(p, part, panel);
    tile->b_step = direct ? shape->b_row : functions->width;
    tile->c = part->c + row * shape->columns + column;
    tile->columns = apus_smaller(width, shape->columns - column);
    if (finishes) {
      const apus_epilogue here = apus_epilogue_at(p->epilogue, column, part->c_offset + row * shape->columns + column);
      tile->scale = here.scale;
      tile->bias = here.bias;
      tile->residual = here.residual;
    }
    functions->functions[height - 1](tile);
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
