// Softmax, its logarithm and the logarithm of its divisor: rows are independent, each read again while in the cache.
#include "apus_pool.h"
#include "apus_softmax.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "softmax_kernels.inc"
#include "each_isa.inc"

enum { TASK_ELEMENTS = 8192, TASKS_MOST = 256 };

typedef struct {
  void (*forward)(long rows, long n, const float *x, float *y);
  void (*gradient)(long rows, long n, const float *y, const float *g, float *dx);
  long rows, length, per_task, out_length;
  const float *x, *g;
  float *y;
} softmax_job;

static void softmax_task(void *context, long index) {
  const softmax_job *job = context;
  const long begin = index * job->per_task, left = job->rows - begin;
  const long rows = left < job->per_task ? left : job->per_task, offset = begin * job->length;
  if (job->gradient)
    job->gradient(rows, job->length, job->x + offset, job->g + offset, job->y + offset);
  else
    job->forward(rows, job->length, job->x + offset, job->y + begin * job->out_length);
}

static void run(softmax_job *job) {
  if (job->rows == 0) return;
  // A row costs something even when it is short.
  job->per_task = TASK_ELEMENTS / (job->length + 16) + 1;
  const long share = (job->rows + TASKS_MOST - 1) / TASKS_MOST;
  if (job->per_task < share) job->per_task = share;
  apus_parallel((job->rows + job->per_task - 1) / job->per_task, softmax_task, job);
}

void apus_softmax_f32(bool logarithm, long rows, long length, const float *x, float *y) {
  if (length == 0) return;
  softmax_job job = {
      logarithm ? ISA_SELECT(log_softmax) : ISA_SELECT(softmax), NULL, rows, length, 0, length, x, NULL, y};
  run(&job);
}

void apus_softmax_gradient_f32(bool logarithm, long rows, long length, const float *y, const float *g, float *dx) {
  if (length == 0) return;
  softmax_job job = {
      NULL, logarithm ? ISA_SELECT(log_softmax_gradient) : ISA_SELECT(softmax_gradient), rows, length, 0, length, y, g,
      dx};
  run(&job);
}

void apus_log_sum_exp_f32(long rows, long length, const float *x, float *y) {
  softmax_job job = {ISA_SELECT(log_sum_exp), NULL, rows, length, 0, 1, x, NULL, y};
  run(&job);
}
