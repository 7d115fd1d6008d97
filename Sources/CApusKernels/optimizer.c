#include "apus_optimizer.h"

#include <string.h>

#include "apus_pool.h"
#include "vector_types_private.h"

#define APUS_ISA_BODY "optimizer_kernels.inc"
#include "each_isa.inc"

// Elements of a task: few enough that a layer of a small network is more than one.
#define TASK_ELEMENTS 8192

typedef struct {
  long count;
  bool nesterov;
  const apus_sgd_coefficients *sgd;
  const apus_adam_coefficients *adam;
  const apus_adam_memory *memory;
  const float *parameter, *gradient, *velocity;
  float *next_parameter, *next_velocity;
} step_job;

static long elements(const step_job *job, long begin) {
  return job->count - begin < TASK_ELEMENTS ? job->count - begin : TASK_ELEMENTS;
}

static void run(step_job *job, apus_task task) {
  apus_parallel((job->count + TASK_ELEMENTS - 1) / TASK_ELEMENTS, task, job);
}

static void sgd_task(void *context, long index) {
  const step_job *job = context;
  const long begin = index * TASK_ELEMENTS, n = elements(job, begin);
  const float *parameter = job->parameter + begin, *gradient = job->gradient + begin;
  if (!job->velocity) {
    ISA_SELECT(sgd_plain)(n, job->sgd, parameter, gradient, job->next_parameter + begin);
  } else {
    ISA_SELECT(sgd_momentum)
    (n, job->nesterov, job->sgd, parameter, gradient, job->velocity + begin, job->next_parameter + begin,
     job->next_velocity + begin);
  }
}

void apus_sgd_step_f32(long count, bool nesterov, const apus_sgd_coefficients *of, const float *parameter,
                       const float *gradient, const float *velocity, float *next_parameter, float *next_velocity) {
  step_job job = {.count = count,
                  .nesterov = nesterov,
                  .sgd = of,
                  .parameter = parameter,
                  .gradient = gradient,
                  .velocity = velocity,
                  .next_parameter = next_parameter,
                  .next_velocity = next_velocity};
  run(&job, sgd_task);
}

static void adam_task(void *context, long index) {
  const step_job *job = context;
  const apus_adam_memory *from = job->memory;
  const long begin = index * TASK_ELEMENTS;
  apus_adam_memory part = {from->parameter + begin,
                           from->gradient + begin,
                           from->first + begin,
                           from->second + begin,
                           NULL,
                           from->next_parameter + begin,
                           from->next_first + begin,
                           from->next_second + begin,
                           NULL};
  if (!from->largest) {
    ISA_SELECT(adam)(elements(job, begin), job->adam, &part);
  } else {
    part.largest = from->largest + begin;
    part.next_largest = from->next_largest + begin;
    ISA_SELECT(adam_largest)(elements(job, begin), job->adam, &part);
  }
}

void apus_adam_step_f32(long count, const apus_adam_coefficients *of, const apus_adam_memory *memory) {
  step_job job = {.count = count, .adam = of, .memory = memory};
  run(&job, adam_task);
}
