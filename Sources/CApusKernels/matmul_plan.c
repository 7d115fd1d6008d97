#include "matmul_private.h"

// One panel of this height is 64 KB at 32 columns: it streams from the second-level cache while 14 rows of A stay in
// the first.
#define MAX_INNER_BLOCK 512
#define MAX_COLUMNS 256
#define MAX_ROWS 256
// Multiply-adds that make a task worth handing out, and the number of tasks that keeps threads evenly loaded.
#define TASK_WORK 250000
#define WANTED_TASKS 24
// Blocks of fewer rows do not pay for packing B again.
#define FEWEST_ROWS_PACKED 48
#define FEWEST_ROWS_DIRECT 24
// Long sums over few results are split so that there is something to run in parallel.
#define SPLIT_LENGTH 1024
#define MAX_SPLITS 16
#define MAX_SPLIT_RESULTS 65536

static void choose_blocks(apus_matmul_plan *plan, const apus_matmul_shape *shape) {
  const long width = plan->panel->width;
  plan->row_blocks = apus_ceiling_divide(shape->rows, MAX_ROWS);
  plan->column_blocks = apus_ceiling_divide(plan->panels * width, MAX_COLUMNS);
  const double work =
      (double)shape->batch * (double)shape->rows * (double)(plan->panels * width) * (double)shape->inner;
  const long wanted = work / TASK_WORK < WANTED_TASKS ? (long)(work / TASK_WORK) : WANTED_TASKS;
  const long fewest_rows = plan->direct_b ? FEWEST_ROWS_DIRECT : FEWEST_ROWS_PACKED;
  while (shape->batch * plan->row_blocks * plan->column_blocks < wanted) {
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
  plan->splits = 1;
  const long blocks = shape->batch * plan->row_blocks * plan->column_blocks;
  if (blocks < MAX_SPLITS / 2 && shape->rows * shape->columns <= MAX_SPLIT_RESULTS) {
    plan->splits = apus_larger(1, apus_smaller(MAX_SPLITS, shape->inner / SPLIT_LENGTH));
  }
}

// Rows that lie a multiple of 1 KB apart share few sets of the cache and would push each other out.
static bool rows_collide(long stride) { return stride % 256 == 0; }

apus_matmul_plan apus_matmul_plan_make(const apus_matmul_shape *shape) {
  apus_matmul_plan plan = {.kernels = apus_tile_kernels_current()};
  plan.panel = apus_tile_panel_for(plan.kernels, shape->columns);
  plan.panels = apus_ceiling_divide(shape->columns, plan.panel->width);
  plan.direct_b = shape->b_column == 1 && (shape->rows <= 64 || shape->inner <= 256);
  choose_blocks(&plan, shape);

  const long split_inner = apus_ceiling_divide(shape->inner, plan.splits);
  plan.inner_block =
      apus_ceiling_divide(split_inner, apus_larger(1, apus_ceiling_divide(split_inner, MAX_INNER_BLOCK)));
  const long block_panels = apus_ceiling_divide(plan.panels, plan.column_blocks);
  if (shape->a_column == 1) {
    plan.copy_a = block_panels > 1 && rows_collide(shape->a_row);
  } else if (shape->a_row == 1) {
    plan.copy_a = block_panels > 1 && (block_panels >= 4 || rows_collide(shape->a_column));
  } else {
    plan.copy_a = block_panels > 1;
  }
  plan.tasks = shape->batch * plan.row_blocks * plan.column_blocks * plan.splits;
  plan.packed_floats = (size_t)(plan.inner_block * block_panels * plan.panel->width);
  // Rows are padded by a cache line so that they do not collide either.
  plan.copied_floats = plan.copy_a ? (size_t)(plan.panel->max_rows * (plan.inner_block + 16)) : 0;
  return plan;
}
