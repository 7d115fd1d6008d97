// Normalisation of rows, forward and gradient. The sums over rows that weight and bias need are taken for fixed runs of
// rows, which are then added in order.
#include "apus_norm.h"
#include "apus_pool.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "norm_rows_kernels.inc"
#include "each_isa.inc"

enum {
  TASK_ELEMENTS = 16384, // of a forward task, about
  RUN_ELEMENTS = 32768,  // of a run of rows whose sums are kept apart, about
  RUNS_MOST = 64,        // more would be read again for longer
  SUM_COLUMNS = 1024,    // of a task that adds the runs up
};

typedef struct {
  bool centered;
  long rows, length, per_task;
  float epsilon;
  const float *x, *g, *weight, *bias;
  float *y; // or the gradient of x
  float *weight_gradient, *bias_gradient;
  float *runs; // [runs, 2, length]: each run's share of both gradients; NULL when they are not wanted
  long run_count;
} norm_job;

static long least(long a, long b) { return a < b ? a : b; }

static void forward_task(void *context, long index) {
  const norm_job *job = context;
  const long begin = index * job->per_task, rows = least(job->per_task, job->rows - begin);
  const long offset = begin * job->length;
  ISA_SELECT(norm_rows)
  (job->centered, rows, job->length, job->epsilon, job->x + offset, job->weight, job->bias, job->y + offset);
}

void apus_norm_rows_f32(bool centered, long rows, long length, float epsilon, const float *x, const float *weight,
                        const float *bias, float *y) {
  if (rows == 0 || length == 0) return;
  norm_job job = {centered, rows, length, 0, epsilon, x, NULL, weight, bias, y, NULL, NULL, NULL, 0};
  job.per_task = TASK_ELEMENTS / length + 1;
  apus_parallel((rows + job.per_task - 1) / job.per_task, forward_task, &job);
}

static long rows_per_run(long rows, long length) {
  long each = RUN_ELEMENTS / (length + 1) + 1;
  if (each * RUNS_MOST < rows) each = (rows + RUNS_MOST - 1) / RUNS_MOST;
  return (each + 3) / 4 * 4;
}

static void gradient_task(void *context, long index) {
  const norm_job *job = context;
  const long begin = index * job->per_task, rows = least(job->per_task, job->rows - begin), n = job->length;
  float *weight_gradient = job->runs ? job->runs + 2 * index * n : NULL;
  float *bias_gradient = job->runs ? weight_gradient + n : NULL;
  if (job->runs) memset(weight_gradient, 0, 2 * (size_t)n * sizeof(float));
  ISA_SELECT(norm_rows_gradient)
  (job->centered, rows, n, job->epsilon, job->x + begin * n, job->g + begin * n, job->weight, job->y + begin * n,
   weight_gradient, bias_gradient);
}

// Columns of both gradients, all runs in order.
static void sum_task(void *context, long index) {
  const norm_job *job = context;
  const long n = job->length, begin = index * SUM_COLUMNS, count = least(SUM_COLUMNS, n - begin);
  float *const sums[2] = {job->weight_gradient, job->bias_gradient};
  for (int which = 0; which < 2; which++) {
    if (!sums[which]) continue;
    memcpy(sums[which] + begin, job->runs + which * n + begin, (size_t)count * sizeof(float));
    for (long run = 1; run < job->run_count; run++) {
      ISA_SELECT(norm_add)(count, job->runs + (2 * run + which) * n + begin, sums[which] + begin);
    }
  }
}

size_t apus_norm_rows_gradient_f32_scratch(long rows, long length) {
  if (rows == 0) return 0;
  const long each = rows_per_run(rows, length);
  return 2 * (size_t)((rows + each - 1) / each * length) * sizeof(float);
}

void apus_norm_rows_gradient_f32(bool centered, long rows, long length, float epsilon, const float *x, const float *g,
                                 const float *weight, float *dx, float *weight_gradient, float *bias_gradient,
                                 void *scratch) {
  if (length == 0) return;
  const bool wants_sums = weight_gradient || bias_gradient;
  if (rows == 0) {
    if (weight_gradient) memset(weight_gradient, 0, (size_t)length * sizeof(float));
    if (bias_gradient) memset(bias_gradient, 0, (size_t)length * sizeof(float));
    return;
  }
  norm_job job = {centered,
                  rows,
                  length,
                  rows_per_run(rows, length),
                  epsilon,
                  x,
                  g,
                  weight,
                  NULL,
                  dx,
                  weight_gradient,
                  bias_gradient,
                  wants_sums ? scratch : NULL,
                  0};
  job.run_count = (rows + job.per_task - 1) / job.per_task;
  apus_parallel(job.run_count, gradient_task, &job);
  if (wants_sums) apus_parallel((length + SUM_COLUMNS - 1) / SUM_COLUMNS, sum_task, &job);
}
