// The quick paths of pooling: splits them into tasks.
#include "apus_pool.h"
#include "vector_types_private.h"
#include "window_private.h"
#include <string.h>

enum { TASK_ELEMENTS = 32768, WINDOW_ROWS_MOST = 16 };

typedef struct {
  const pool_shape *pool;
  apus_reduction reduction;
  const float *x, *source;
  float *y; // or dx
  long units, units_per_task;
} pool_job;

// The part lo ..< hi of a window of length `window` from `start` on that lies within 0 ..< size.
static inline void clip(long start, long window, long size, long *lo, long *hi) {
  *lo = start < 0 ? -start : 0;
  *hi = size - start < window ? size - start : window;
}

// Channels that the forward pass takes at a time, so that a row of them fits into its buffer.
static inline long channels_at_once(const pool_shape *pool) {
  long width = pool_most(pool->in_w, pool->out_w);
  if (width * pool->channels <= POOL_ROW_FLOATS) return pool->channels;
  return POOL_ROW_FLOATS / width & ~15L;
}

bool pool_forward_fits(const pool_shape *pool) { return channels_at_once(pool) > 0; }

// Windows that never overlap: each element of x is in at most one.
static inline bool disjoint(const pool_shape *pool) {
  return pool->stride_h >= pool->window_h && pool->stride_w >= pool->window_w;
}

#define APUS_ISA_BODY "window_forward.inc"
#include "each_isa.inc"
#define APUS_ISA_BODY "window_gradient.inc"
#include "each_isa.inc"

static void forward_task(void *context, long index) {
  const pool_job *job = context;
  long begin = index * job->units_per_task, end = pool_least(begin + job->units_per_task, job->units);
  ISA_SELECT(pool_forward)(job->reduction, job->pool, begin, end, job->x, job->y);
}

static void run(pool_job *job, long elements_per_unit, apus_task task) {
  job->units_per_task = TASK_ELEMENTS / pool_most(elements_per_unit, 1) + 1;
  if (job->units_per_task >= job->units)
    task(job, 0);
  else
    apus_parallel((job->units + job->units_per_task - 1) / job->units_per_task, task, job);
}

void pool_forward_f32(apus_reduction reduction, const pool_shape *pool, const float *x, float *y) {
  pool_job job = {pool, reduction, x, NULL, y, pool->batch * pool->out_h, 0};
  run(&job, pool->in_w * pool->channels * pool->window_h, forward_task);
}

static void gradient_task(void *context, long index) {
  const pool_job *job = context;
  const pool_shape *p = job->pool;
  long begin = index * job->units_per_task, end = pool_least(begin + job->units_per_task, job->units);
  bool maximum = job->reduction == APUS_REDUCE_MAX;
  bool buffered = disjoint(p) && p->channels <= LANES && p->window_h <= WINDOW_ROWS_MOST &&
                  p->window_h * (p->in_w * p->channels + LANES) <= POOL_ROW_FLOATS &&
                  p->out_w * p->channels + LANES <= POOL_ROW_FLOATS;
  if (buffered)
    ISA_SELECT(pool_gradient_few)(maximum, p, begin, end, job->x, job->source, job->y);
  else
    ISA_SELECT(pool_gradient)(maximum, p, begin, end, job->x, job->source, job->y);
}

void pool_gradient_f32(bool maximum, const pool_shape *pool, const float *x, const float *source, float *dx) {
  pool_job job = {pool, maximum ? APUS_REDUCE_MAX : APUS_REDUCE_MIN, x, source, dx, pool->batch, 0};
  run(&job, pool->in_h * pool->in_w * pool->channels, gradient_task);
}
