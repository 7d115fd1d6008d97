#include "apus_recurrent.h"

#include <string.h>

#include "apus_pool.h"
#include "vector_types_private.h"

#define APUS_ISA_BODY "recurrent_kernels.inc"
#include "each_isa.inc"

// Elements of the state that make a task.
#define TASK_ELEMENTS 2048

typedef struct {
  long rows, hidden, per_task;
  apus_rows inputs, products, state;
  const apus_lstm_gradient *lstm;
  const apus_gru_gradient *gru;
  float *results[3];
} cell_job;

#define CELL_TASK(name, ...)                                                                                           \
  static void name##_task(void *context, long index) {                                                                 \
    const cell_job *job = context;                                                                                     \
    const long begin = index * job->per_task, end = begin + job->per_task;                                             \
    for (long i = begin; i < end && i < job->rows; i++) ISA_SELECT(name##_row)(i, job->hidden, __VA_ARGS__);           \
  }
CELL_TASK(lstm_update, &job->inputs, &job->state, job->results[0], job->results[1], job->results[2])
CELL_TASK(lstm_gradient, job->lstm, job->results[0], job->results[1])
CELL_TASK(gru_update, &job->inputs, &job->products, &job->state, job->results[0], job->results[1])
CELL_TASK(gru_gradient, job->gru, job->results[0], job->results[1], job->results[2])

static void run(cell_job *job, apus_task task) {
  if (job->rows == 0 || job->hidden == 0) return;
  job->per_task = TASK_ELEMENTS / job->hidden + 1;
  apus_parallel((job->rows + job->per_task - 1) / job->per_task, task, job);
}

void apus_lstm_update_f32(long rows, long hidden, apus_rows sums, apus_rows cell, float *next_hidden, float *next_cell,
                          float *gates) {
  cell_job job = {rows, hidden, .inputs = sums, .state = cell, .results = {next_hidden, next_cell, gates}};
  run(&job, lstm_update_task);
}

void apus_lstm_gradient_f32(long rows, long hidden, const apus_lstm_gradient *of, float *sums, float *cell) {
  cell_job job = {rows, hidden, .lstm = of, .results = {sums, cell}};
  run(&job, lstm_gradient_task);
}

void apus_gru_update_f32(long rows, long hidden, apus_rows inputs, apus_rows products, apus_rows state, float *next,
                         float *gates) {
  cell_job job = {rows, hidden, .inputs = inputs, .products = products, .state = state, .results = {next, gates}};
  run(&job, gru_update_task);
}

void apus_gru_gradient_f32(long rows, long hidden, const apus_gru_gradient *of, float *inputs, float *products,
                           float *state) {
  cell_job job = {rows, hidden, .gru = of, .results = {inputs, products, state}};
  run(&job, gru_gradient_task);
}
