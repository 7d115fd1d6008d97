// Softmax cross-entropy on integer labels, forward and gradient: rows are independent, each read while in cache.
#include "apus_loss.h"
#include "apus_pool.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "loss_kernels.inc"
#include "each_isa.inc"

enum { TASK_ELEMENTS = 8192, TASKS_MOST = 256 };

typedef struct {
  long rows, classes, per_task;
  const float *logits;
  const int32_t *labels;
  const float *cotangent; // NULL forward
  float *out;             // loss or gradient
} loss_job;

static void loss_task(void *context, long index) {
  const loss_job *job = context;
  long begin = index * job->per_task, end = begin + job->per_task < job->rows ? begin + job->per_task : job->rows;
  if (job->cotangent) ISA_SELECT(cross_entropy_gradient)
  (begin, end, job->classes, job->logits, job->labels, job->cotangent, job->out);
  else ISA_SELECT(cross_entropy)(begin, end, job->classes, job->logits, job->labels, job->out);
}

static void run(loss_job *job) {
  if (job->rows == 0) return;
  // A row costs something even when there are few classes.
  job->per_task = TASK_ELEMENTS / (job->classes + 16) + 1;
  long share = (job->rows + TASKS_MOST - 1) / TASKS_MOST;
  if (job->per_task < share) job->per_task = share;
  if (job->per_task >= job->rows)
    loss_task(job, 0);
  else
    apus_parallel((job->rows + job->per_task - 1) / job->per_task, loss_task, job);
}

void apus_cross_entropy_f32(long rows, long classes, const float *logits, const int32_t *labels, float *loss) {
  loss_job job = {rows, classes, 0, logits, labels, NULL, loss};
  run(&job);
}

void apus_cross_entropy_gradient_f32(long rows, long classes, const float *logits, const int32_t *labels,
                                     const float *cotangent, float *gradient) {
  if (classes == 0) return;
  loss_job job = {rows, classes, 0, logits, labels, cotangent, gradient};
  run(&job);
}
