#include "matmul_private.h"

// One panel of this height is 64 KB at 32 columns: it streams from the second-level cache while 14 rows of A stay in
// the first.
#define MAX_INNER_BLOCK 512
#define MAX_COLUMNS 256
#define MAX_ROWS 256
// Multiply-adds that make a task worth handing out, and the number of tasks that keeps threads evenly loaded.
#define TASK_WORK 250000
#define WANTED_TASKS 24
// Floats of A that one stretch of k reads in place.
#define MAX_COLUMNS_IN_PLACE 32768
// Blocks of fewer rows do not pay for packing B again.
#define FEWEST_ROWS_PACKED 48
#define FEWEST_ROWS_DIRECT 24
// Long sums over few results are split so that there is something to run in parallel.
#define SPLIT_LENGTH 1024
#define VERY_LONG 8192
#define MAX_SPLITS 16
#define MAX_SPLIT_RESULTS 65536

static long splits_of(const apus_matmul_shape *shape) {
  if (shape->rows * shape->columns > MAX_SPLIT_RESULTS) return 1;
  return apus_larger(1, apus_smaller(MAX_SPLITS, shape->inner / SPLIT_LENGTH));
}

static void choose_blocks(apus_matmul_plan *plan, const apus_matmul_shape *shape) {
  const long width = plan->panel->width;
  plan->row_blocks = apus_ceiling_divide(shape->rows, MAX_ROWS);
  plan->column_blocks = apus_ceiling_divide(plan->panels * width, MAX_COLUMNS);
  // Very long sums are split first, so that blocks stay large and each part of A and B is read by one task only.
  const bool very_long = shape->inner >= VERY_LONG;
  plan->splits = very_long ? splits_of(shape) : 1;
  const double work =
      (double)shape->batch * (double)shape->rows * (double)(plan->panels * width) * (double)shape->inner;
  const long wanted = work / TASK_WORK < WANTED_TASKS ? (long)(work / TASK_WORK) : WANTED_TASKS;
  const long fewest_rows = plan->direct_b ? FEWEST_ROWS_DIRECT : FEWEST_ROWS_PACKED;
  while (plan->splits < MAX_SPLITS && shape->batch * plan->splits * plan->row_blocks * plan->column_blocks < wanted) {
    const long rows = shape->rows / plan->row_blocks, columns = plan->panels * width / plan->column_blocks;
    const bool can_split_rows = rows >= 2 * fewest_rows, can_split_columns = plan->column_blocks < plan->panels;
    if (can_split_rows && (rows > columns || !can_split_columns)) {
      plan->row_blocks++;
    } else if (can_split_columns) {
      plan->column_blocks++;
    } else {
      break;
    }
  }
  if (!very_long && shape->batch * plan->row_blocks * plan->column_blocks < MAX_SPLITS / 2) {
    plan->splits = splits_of(shape);
  }
}

// Rows that lie a multiple of 1 KB apart share few sets of the cache and would push each other out.
static bool rows_collide(long stride) { return stride % 256 == 0; }

static apus_matmul_plan make(const apus_matmul_shape *shape, bool packed) {
  apus_matmul_plan plan = {.kernels = apus_tile_kernels_current()};
  plan.panel = apus_tile_panel_for(plan.kernels, shape->columns);
  plan.panels = apus_ceiling_divide(shape->columns, plan.panel->width);
  plan.direct_b = packed || (shape->b_column == 1 && (shape->rows <= 64 || shape->inner <= 256));
  choose_blocks(&plan, shape);

  const long split_inner = apus_ceiling_divide(shape->inner, plan.splits);
  const long block_panels = apus_ceiling_divide(plan.panels, plan.column_blocks);
  if (shape->a_column == 1) {
    plan.copy_a = block_panels > 1 && rows_collide(shape->a_row);
  } else if (shape->a_row == 1) {
    plan.copy_a = block_panels > 1 && (block_panels >= 4 || rows_collide(shape->a_column));
  } else {
    plan.copy_a = block_panels > 1;
  }
  // Columns of A that are read in place by one tile after another should stay in cache in between.
  long longest = MAX_INNER_BLOCK;
  if (!plan.copy_a && shape->a_row == 1) {
    longest = apus_larger(
        64, apus_smaller(longest, MAX_COLUMNS_IN_PLACE / apus_ceiling_divide(shape->rows, plan.row_blocks)));
  }
  plan.inner_block = apus_ceiling_divide(split_inner, apus_larger(1, apus_ceiling_divide(split_inner, longest)));
  plan.tasks = shape->batch * plan.row_blocks * plan.column_blocks * plan.splits;
  plan.packed_floats = packed ? 0 : (size_t)(plan.inner_block * block_panels * plan.panel->width);
  plan.copied_floats = plan.copy_a ? (size_t)(APUS_COPIED_ROWS * (plan.inner_block + APUS_COPIED_PADDING)) : 0;
  return plan;
}

apus_matmul_plan apus_matmul_plan_make(const apus_matmul_shape *shape) { return make(shape, false); }

apus_matmul_plan apus_matmul_plan_make_packed(const apus_matmul_shape *shape) { return make(shape, true); }
