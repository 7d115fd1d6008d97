#include <string.h>

#include "matmul_private.h"
#include "scratch_private.h"

// One row of C, or few: reading B is all the work, so it is read once, in the order of memory, and never packed. A
// single column is a single row of the transposed product.

// Elements of the matrix that make a task.
#define TASK_ELEMENTS 32768
#define MOST_ROWS_OF_DOTS 8
#define MOST_ROWS_OF_SUMS 2

typedef struct {
  long batch, rows, columns, inner;
  long x_batch, x_row, x_step;    // the thin matrix
  long w_batch, w_column, w_step; // the other one: element (k, j) at w[j * w_column + k * w_step]
  bool swapped;                   // x is B and w is A
  bool dots;                      // w_step is 1
  long block_columns, blocks;
} thin;

static thin describe(const apus_matmul_shape *s) {
  thin t = {.batch = s->batch, .inner = s->inner, .swapped = s->columns == 1 && s->rows > 1};
  if (t.swapped) {
    t.rows = 1;
    t.columns = s->rows;
    t.x_batch = s->b_batch, t.x_row = s->b_column, t.x_step = s->b_row;
    t.w_batch = s->a_batch, t.w_column = s->a_row, t.w_step = s->a_column;
  } else {
    t.rows = s->rows;
    t.columns = s->columns;
    t.x_batch = s->a_batch, t.x_row = s->a_row, t.x_step = s->a_column;
    t.w_batch = s->b_batch, t.w_column = s->b_column, t.w_step = s->b_row;
  }
  t.dots = t.w_step == 1 && (t.w_column != 1 || t.columns == 1);
  // Whole strips of columns, see combine().
  t.block_columns = (TASK_ELEMENTS / t.inner / 128 + 1) * 128;
  if (t.dots) t.block_columns = apus_larger(4, TASK_ELEMENTS / t.inner / 4 * 4);
  t.blocks = apus_ceiling_divide(t.columns, t.block_columns);
  return t;
}

bool apus_matmul_is_thin(const apus_matmul_shape *shape) {
  if (shape->batch * shape->rows * shape->columns * shape->inner == 0) return false;
  const thin t = describe(shape);
  return t.dots ? t.rows <= MOST_ROWS_OF_DOTS : t.w_column == 1 && t.rows <= MOST_ROWS_OF_SUMS;
}

// Dot products want x without gaps.
static bool copies_x(const thin *t) { return t->dots && t->x_step != 1; }

size_t apus_matmul_thin_scratch(const apus_matmul_shape *shape) {
  const thin t = describe(shape);
  return copies_x(&t) ? apus_aligned((size_t)(t.batch * t.rows * t.inner) * sizeof(float)) : 0;
}

typedef struct {
  thin t;
  const apus_tile_kernels *kernels;
  const float *x, *w;
  float *c;
  const apus_epilogue *epilogue;
} context;

static void run_task(void *pointer, long index) {
  const context *job = pointer;
  const thin *t = &job->t;
  const long batch = index / t->blocks, column = index % t->blocks * t->block_columns;
  const long columns = apus_smaller(t->block_columns, t->columns - column);
  const float *w = job->w + batch * t->w_batch + column * t->w_column;
  for (long i = 0; i < t->rows; i++) {
    const float *x = job->x + batch * t->x_batch + i * t->x_row;
    const long offset = (batch * t->rows + i) * t->columns + column;
    float *c = job->c + offset;
    if (t->dots) {
      job->kernels->dots(t->inner, columns, x, w, t->w_column, c);
    } else {
      job->kernels->combine(t->inner, columns, x, t->x_step, w, t->w_step, false, c);
    }
    if (!job->epilogue) continue;
    apus_epilogue epilogue = apus_epilogue_at(job->epilogue, t->swapped ? 0 : column, offset);
    if (t->swapped && (epilogue.scale || epilogue.bias)) {
      const float scale = epilogue.scale ? epilogue.scale[0] : 1, bias = epilogue.bias ? epilogue.bias[0] : 0;
      for (long j = 0; j < columns; j++) c[j] = c[j] * scale + bias;
      epilogue.scale = epilogue.bias = NULL;
    }
    job->kernels->finish(1, columns, columns, c, &epilogue);
  }
}

void apus_matmul_thin(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                      const apus_epilogue *epilogue, void *scratch) {
  context job = {describe(shape), apus_tile_kernels_current(), a, b, c, epilogue};
  thin *t = &job.t;
  if (t->swapped) {
    job.x = b;
    job.w = a;
  }
  if (copies_x(t)) {
    float *copy = scratch;
    for (long batch = 0; batch < t->batch; batch++) {
      for (long i = 0; i < t->rows; i++) {
        const float *x = job.x + batch * t->x_batch + i * t->x_row;
        for (long k = 0; k < t->inner; k++) *copy++ = x[k * t->x_step];
      }
    }
    job.x = scratch;
    t->x_batch = t->rows * t->inner;
    t->x_row = t->inner;
    t->x_step = 1;
  }
  apus_parallel(t->batch * t->blocks, run_task, &job);
}
