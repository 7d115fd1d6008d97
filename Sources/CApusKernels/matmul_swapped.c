#include <string.h>

#include "apus_pool.h"
#include "matmul_private.h"

// Few rows times a matrix whose columns lie along k, as the weights of a linear layer do: computed the other way round,
// B's columns as the rows of tiles, which are read where they lie, against the few rows of A as a panel. Packing B
// would cost more than the products of so few rows. Each task turns its results into rows of C.

#define FEWEST_ROWS 12
#define MOST_ROWS 160
#define FEWEST_COLUMNS 64
// Columns of C that make a task: few, so that the last task keeps the other threads waiting for a short time.
#define TASK_COLUMNS 56
// Longer sums are computed in stretches, so that the rows of a tile stay in the first cache.
#define MAX_INNER 512

typedef struct {
  const apus_matmul_shape *shape;
  const apus_tile_kernels *kernels;
  const float *a, *b; // of this batch
  float *c;
  const apus_epilogue *epilogue;
  apus_slots slots;
  float *packed; // panels of A, each with all of k
  long batch, panels;
} swapped;

bool apus_matmul_is_swapped(const apus_matmul_shape *shape) {
  return shape->b_row == 1 && shape->b_column != 1 && shape->rows >= FEWEST_ROWS && shape->rows <= MOST_ROWS &&
         shape->columns >= FEWEST_COLUMNS && shape->inner >= 16;
}

// The rows are the columns of panels, the last of which may be narrow; narrow panels allow tiles that are as high or
// higher.
static const apus_tile_panel *panel_at(const apus_matmul_shape *shape, long index) {
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const apus_tile_panel *panel = apus_tile_panel_for(kernels, shape->rows);
  const long left = shape->rows - index * panel->width;
  return left >= panel->width ? panel : apus_tile_panel_for(kernels, left);
}
static const apus_tile_panel *panel_for(const apus_matmul_shape *shape) { return panel_at(shape, 0); }

static size_t packed_bytes(const apus_matmul_shape *shape) {
  const long width = panel_for(shape)->width;
  return apus_aligned((size_t)(apus_ceiling_divide(shape->rows, width) * width * shape->inner) * sizeof(float));
}

// A task's results, and a copy of a tile's rows.
static size_t turned_bytes(const apus_matmul_shape *shape) {
  return apus_aligned((size_t)(TASK_COLUMNS * shape->rows) * sizeof(float));
}

static size_t slot_bytes(const apus_matmul_shape *shape) {
  return turned_bytes(shape) + (size_t)(APUS_TILE_MAX_ROWS * (MAX_INNER + APUS_COPIED_PADDING)) * sizeof(float);
}

static long tasks_of(const apus_matmul_shape *shape) { return apus_ceiling_divide(shape->columns, TASK_COLUMNS); }

size_t apus_matmul_swapped_scratch(const apus_matmul_shape *shape) {
  return packed_bytes(shape) + apus_slots_size(tasks_of(shape), slot_bytes(shape));
}

static void pack_task(void *context, long index) {
  const swapped *job = context;
  const apus_matmul_shape *shape = job->shape;
  const long width = panel_for(shape)->width, first = index * width;
  job->kernels->pack_panel(shape->inner, apus_smaller(width, shape->rows - first), job->a + first * shape->a_row,
                           shape->a_column, shape->a_row, panel_at(shape, index)->width,
                           job->packed + first * shape->inner);
}

static void run_task(void *context, long index) {
  const swapped *job = context;
  const apus_matmul_shape *shape = job->shape;
  const apus_tile_panel *panel = panel_for(shape);
  const long tasks = tasks_of(shape), rows = shape->rows;
  const long begin = apus_piece_begin(shape->columns, tasks, index);
  const long columns = apus_piece_begin(shape->columns, tasks, index + 1) - begin;
  char *const slot = apus_slot_take(&job->slots);
  float *const turned = (float *)(void *)slot; // [columns, rows]
  const bool copies = job->panels > 1;
  float *const copied = (float *)(void *)(slot + turned_bytes(shape));
  const apus_cut tiles = apus_cut_tiles(columns, panel->max_rows);
  for (long k = 0; k < shape->inner; k += MAX_INNER) {
    const long inner = apus_smaller(MAX_INNER, shape->inner - k);
    for (long t = 0; t < tiles.pieces; t++) {
      const long first = apus_cut_begin(&tiles, t), height = apus_cut_begin(&tiles, t + 1) - first;
      const float *columns_of_b = job->b + (begin + first) * shape->b_column + k;
      // Columns of B lie far apart, often so that they would push each other out of the cache before the next panel.
      if (copies) {
        for (long i = 0; i < height; i++) {
          memcpy(copied + i * (inner + APUS_COPIED_PADDING), columns_of_b + i * shape->b_column,
                 (size_t)inner * sizeof(float));
        }
      }
      for (long p = 0; p < job->panels; p++) {
        const apus_tile_panel *functions = panel_at(shape, p);
        const apus_tile tile = {
            .a = copies ? copied : columns_of_b,
            .a_row = copies ? inner + APUS_COPIED_PADDING : shape->b_column,
            .a_step = 1,
            .b = job->packed + p * panel->width * shape->inner + k * functions->width,
            .b_step = functions->width,
            .segments = 1,
            .length = inner,
            .c = turned + first * rows + p * panel->width,
            .c_row = rows,
            .columns = apus_smaller(panel->width, rows - p * panel->width),
            .accumulate = k > 0,
        };
        functions->functions[height - 1](&tile);
      }
    }
  }
  const long offset = job->batch * rows * shape->columns + begin;
  float *const c = job->c + offset;
  job->kernels->transpose(columns, rows, turned, rows, c, shape->columns);
  if (job->epilogue) {
    const apus_epilogue epilogue = apus_epilogue_at(job->epilogue, begin, offset);
    job->kernels->finish(rows, columns, shape->columns, c, &epilogue);
  }
  apus_slot_give(slot);
}

void apus_matmul_swapped(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                         const apus_epilogue *epilogue, void *scratch) {
  const apus_tile_panel *panel = panel_for(shape);
  const long tasks = tasks_of(shape);
  swapped job = {
      .shape = shape,
      .kernels = apus_tile_kernels_current(),
      .c = c,
      .epilogue = epilogue,
      .slots = apus_slots_make((char *)scratch + packed_bytes(shape), tasks, slot_bytes(shape)),
      .packed = scratch,
      .panels = apus_ceiling_divide(shape->rows, panel->width),
  };
  for (job.batch = 0; job.batch < shape->batch; job.batch++) {
    job.a = a + job.batch * shape->a_batch;
    job.b = b + job.batch * shape->b_batch;
    apus_parallel(job.panels, pack_task, &job);
    apus_parallel(tasks, run_task, &job);
  }
}
