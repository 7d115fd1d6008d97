#include <string.h>

#include "matmul_private.h"
#include "scratch_private.h"

// One row of C, or few: reading B is all the work, so it is read once, in the order of memory, and never packed. A
// single column is a single row of the transposed product.

// Elements of the matrix that make a task.
#define TASK_ELEMENTS 32768
#define MOST_ROWS_OF_DOTS 8
// Sums of rows: the columns of a task at most, and the elements that make one more along k worth adding up.
#define SUM_COLUMNS 2048
#define SUM_ELEMENTS 65536
#define MOST_SPLITS 16
#define MOST_ROWS_OF_SUMS 2

typedef struct {
  long batch, rows, columns, inner;
  long x_batch, x_row, x_step;    // the thin matrix
  long w_batch, w_column, w_step; // the other one: element (k, j) at w[j * w_column + k * w_step]
  bool swapped;                   // x is B and w is A
  bool dots;                      // w_step is 1
  long block_columns, blocks, splits;
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
  t.splits = 1;
  if (t.dots) {
    t.block_columns = apus_larger(4, TASK_ELEMENTS / t.inner / 4 * 4);
  } else {
    t.block_columns = apus_smaller(t.columns, SUM_COLUMNS);
    t.splits = apus_larger(1, apus_smaller(MOST_SPLITS, t.inner * t.block_columns / SUM_ELEMENTS));
  }
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

static size_t copied_bytes(const thin *t) {
  return copies_x(t) ? apus_aligned((size_t)(t->batch * t->rows * t->inner) * sizeof(float)) : 0;
}

size_t apus_matmul_thin_scratch(const apus_matmul_shape *shape) {
  const thin t = describe(shape);
  const size_t results = (size_t)(t.batch * t.rows * t.columns) * sizeof(float);
  return copied_bytes(&t) + (t.splits > 1 ? (size_t)t.splits * results : 0);
}

typedef struct {
  thin t;
  const apus_tile_kernels *kernels;
  const float *x, *w;
  float *c;
  const apus_epilogue *epilogue;
  float *partial; // [splits, batch, rows, columns] when there is more than one split
} context;

// `columns` results from `column` of a row on.
static void finish(const context *job, long row, long column, long columns) {
  if (!job->epilogue) return;
  const thin *t = &job->t;
  const long offset = row * t->columns + column;
  float *c = job->c + offset;
  apus_epilogue epilogue = apus_epilogue_at(job->epilogue, t->swapped ? 0 : column, offset);
  if (t->swapped && (epilogue.scale || epilogue.bias)) {
    const float scale = epilogue.scale ? epilogue.scale[0] : 1, bias = epilogue.bias ? epilogue.bias[0] : 0;
    for (long j = 0; j < columns; j++) c[j] = c[j] * scale + bias;
    epilogue.scale = epilogue.bias = NULL;
  }
  job->kernels->finish(1, columns, columns, c, &epilogue);
}

static void run_task(void *pointer, long index) {
  const context *job = pointer;
  const thin *t = &job->t;
  const long split = index % t->splits;
  index /= t->splits;
  const long batch = index / t->blocks, column = index % t->blocks * t->block_columns;
  const long columns = apus_smaller(t->block_columns, t->columns - column);
  const long k = apus_piece_begin(t->inner, t->splits, split), end = apus_piece_begin(t->inner, t->splits, split + 1);
  const float *w = job->w + batch * t->w_batch + column * t->w_column + k * t->w_step;
  float *const results = t->splits > 1 ? job->partial + split * t->batch * t->rows * t->columns : job->c;
  for (long i = 0; i < t->rows; i++) {
    const float *x = job->x + batch * t->x_batch + i * t->x_row + k * t->x_step;
    float *c = results + (batch * t->rows + i) * t->columns + column;
    if (t->dots) {
      job->kernels->dots(end - k, columns, x, w, t->w_column, c);
    } else {
      job->kernels->combine(end - k, columns, x, t->x_step, w, t->w_step, false, c);
    }
    if (t->splits == 1) finish(job, batch * t->rows + i, column, columns);
  }
}

// Adds the partial results of one row in order.
static void add_row(void *pointer, long row) {
  const context *job = pointer;
  const thin *t = &job->t;
  float *c = job->c + row * t->columns;
  const float *partial = job->partial + row * t->columns;
  memcpy(c, partial, (size_t)t->columns * sizeof(float));
  for (long split = 1; split < t->splits; split++) {
    job->kernels->add(t->columns, partial + split * t->batch * t->rows * t->columns, c);
  }
  finish(job, row, 0, t->columns);
}

void apus_matmul_thin(const apus_matmul_shape *shape, const float *a, const float *b, float *c,
                      const apus_epilogue *epilogue, void *scratch) {
  context job = {describe(shape), apus_tile_kernels_current(), a, b, c, epilogue, NULL};
  thin *t = &job.t;
  job.partial = (float *)(void *)((char *)scratch + copied_bytes(t));
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
  apus_parallel(t->batch * t->blocks * t->splits, run_task, &job);
  if (t->splits > 1) apus_parallel(t->batch * t->rows, add_row, &job);
}
