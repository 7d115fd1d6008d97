#include "apus_pool.h"
#include "matmul_private.h"

// A large product is computed a stretch of k and a range of columns at a time: first all threads pack that part of B,
// then each takes some rows of A, copies them, and runs them against all of it, a few panels at a time. So every
// element of A and B is packed once (A once for each range of columns).

// Columns whose packed panels a stretch of k keeps in the last cache, and those a task's tiles share in the second.
#define CHUNK_COLUMNS 2048
#define SHARED_COLUMNS 256
#define MAX_INNER_BLOCK 512
// Rows of A that a task keeps in the second-level cache.
#define TASK_ROWS 112
#define PANELS_PER_PACKING 4
// Below these sizes tasks that pack for themselves lose little.
#define FEWEST_ROWS 224
#define FEWEST_COLUMNS 192
#define FEWEST_INNER 96

typedef struct {
  apus_matmul_product *p;
  apus_matmul_block part; // all rows, one range of panels
  apus_cut tiles;
  long tasks;
  size_t tile_floats;
} large;

bool apus_matmul_is_large(const apus_matmul_shape *shape) {
  return shape->rows >= FEWEST_ROWS && shape->columns >= FEWEST_COLUMNS && shape->inner >= FEWEST_INNER;
}

typedef struct {
  apus_cut tiles;
  long tasks, chunks, inner_block;
  size_t packed_bytes, tile_floats, slot_bytes;
} division;

static division divide(const apus_matmul_shape *shape, const apus_tile_panel *panel) {
  division d;
  d.tiles = apus_cut_tiles(shape->rows, panel->max_rows);
  // An even number, since most machines have an even number of cores.
  d.tasks = apus_ceiling_divide(shape->rows, 2 * TASK_ROWS) * 2;
  const long panels = apus_ceiling_divide(shape->columns, panel->width);
  d.chunks = apus_ceiling_divide(shape->columns, CHUNK_COLUMNS);
  d.inner_block = apus_ceiling_divide(shape->inner, apus_ceiling_divide(shape->inner, MAX_INNER_BLOCK));
  d.packed_bytes =
      apus_aligned((size_t)(apus_ceiling_divide(panels, d.chunks) * panel->width * d.inner_block) * sizeof(float));
  d.tile_floats = (size_t)(APUS_COPIED_ROWS * (d.inner_block + APUS_COPIED_PADDING));
  d.slot_bytes = (size_t)apus_ceiling_divide(d.tiles.pieces, d.tasks) * d.tile_floats * sizeof(float);
  return d;
}

size_t apus_matmul_large_scratch(const apus_matmul_shape *shape) {
  const division d = divide(shape, apus_tile_panel_for(apus_tile_kernels_current(), shape->columns));
  return d.packed_bytes + apus_slots_size(d.tasks, d.slot_bytes);
}

static void pack_task(void *context, long index) {
  const large *job = context;
  apus_matmul_block part = job->part;
  part.panel_begin += index * PANELS_PER_PACKING;
  part.panel_end = apus_smaller(part.panel_begin + PANELS_PER_PACKING, job->part.panel_end);
  apus_matmul_pack_panels(job->p, &part);
}

static void compute_task(void *context, long index) {
  const large *job = context;
  const apus_matmul_product *p = job->p;
  const long begin = apus_piece_begin(job->tiles.pieces, job->tasks, index);
  const long end = apus_piece_begin(job->tiles.pieces, job->tasks, index + 1);
  float *const copied = apus_slot_take(&p->slots);
  apus_matmul_block part = job->part;
  const long together = apus_larger(1, SHARED_COLUMNS / p->plan->panel->width);
  for (long panel = part.panel_begin; panel < job->part.panel_end; panel += together) {
    part.panel_begin = panel;
    part.panel_end = apus_smaller(panel + together, job->part.panel_end);
    for (long t = begin; t < end; t++) {
      const long row = apus_cut_begin(&job->tiles, t), height = apus_cut_begin(&job->tiles, t + 1) - row;
      float *const rows = copied + (size_t)(t - begin) * job->tile_floats;
      // The first panels' turn is when the rows are copied; afterwards they are there.
      apus_tile tile = {.a = rows, .a_row = part.inner + APUS_COPIED_PADDING, .a_step = 1};
      if (p->shape->a_column != 1) {
        tile.a_row = 1;
        tile.a_step = APUS_COPIED_ROWS;
      }
      if (panel == job->part.panel_begin) {
        apus_matmul_copy_rows(p, part.a + row * p->shape->a_row, height, part.inner, rows, &tile);
      }
      apus_matmul_run_tile(p, &part, row, height, &tile);
    }
  }
  apus_slot_give(copied);
}

void apus_matmul_large(const apus_matmul_shape *shape, apus_matmul_product *p, void *scratch) {
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const apus_tile_panel *panel = apus_tile_panel_for(kernels, shape->columns);
  const division d = divide(shape, panel);
  const apus_matmul_plan plan = {
      .kernels = kernels,
      .panel = panel,
      .panels = apus_ceiling_divide(shape->columns, panel->width),
      .splits = 1,
      .inner_block = d.inner_block,
  };
  p->shape = shape;
  p->plan = &plan;
  p->slots = apus_slots_make((char *)scratch + d.packed_bytes, d.tasks, d.slot_bytes);
  large job = {.p = p, .tiles = d.tiles, .tasks = d.tasks, .tile_floats = d.tile_floats};
  apus_matmul_block *part = &job.part;
  part->packed = scratch;
  part->row_end = shape->rows;
  for (long batch = 0; batch < shape->batch; batch++) {
    part->c_offset = batch * shape->rows * shape->columns;
    part->c = p->c + part->c_offset;
    for (long chunk = 0; chunk < d.chunks; chunk++) {
      part->panel_begin = part->packed_begin = apus_piece_begin(plan.panels, d.chunks, chunk);
      part->panel_end = apus_piece_begin(plan.panels, d.chunks, chunk + 1);
      const long packings = apus_ceiling_divide(part->panel_end - part->panel_begin, PANELS_PER_PACKING);
      for (long k = 0; k < shape->inner; k += d.inner_block) {
        part->a = p->a + batch * shape->a_batch + k * shape->a_column;
        part->b = p->b + batch * shape->b_batch + k * shape->b_row;
        part->k = k;
        part->inner = apus_smaller(d.inner_block, shape->inner - k);
        part->first = k == 0;
        part->last = k + part->inner == shape->inner;
        apus_parallel(packings, pack_task, &job);
        apus_parallel(d.tasks, compute_task, &job);
      }
    }
  }
}
