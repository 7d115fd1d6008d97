// Gather: tasks take batch positions; few large windows are copied one after the other, each in parallel.
#include "apus_copy.h"
#include "apus_pool.h"
#include "index_private.h"
#include "vector_types_private.h"
#include <string.h>

enum { TASK_BYTES = 1 << 16, TASKS_MOST = 256, FEW_POSITIONS = 16, LARGE_WINDOW_BYTES = 1 << 17 };

typedef struct {
  index_plan plan;
  long size, per_task;
  const unsigned char *operand;
  unsigned char *result;
} gather_job;

// One window, dimension by dimension; and all windows of a block.
#define DEFINE_GATHER(size, T)                                                                                         \
  static void gather_window_##size(const index_plan *plan, int dim, const T *operand, T *result) {                     \
    const index_dimension *d = &plan->window[dim];                                                                     \
    if (dim < plan->window_rank - 1) {                                                                                 \
      for (long i = 0; i < d->n; i++)                                                                                  \
        gather_window_##size(plan, dim + 1, operand + i * d->operand, result + i * d->window);                         \
    } else if (d->operand == 1 && d->window == 1) {                                                                    \
      memcpy(result, operand, (size_t)d->n * sizeof(T));                                                               \
    } else {                                                                                                           \
      for (long i = 0; i < d->n; i++) result[i * d->window] = operand[i * d->operand];                                 \
    }                                                                                                                  \
  }                                                                                                                    \
  static void gather_block_##size(const index_plan *plan, const index_block *block, const T *operand, T *result) {     \
    if (plan->window_elements == 1)                                                                                    \
      for (long i = 0; i < block->count; i++) result[block->window[i]] = operand[block->operand[i]];                   \
    else                                                                                                               \
      for (long i = 0; i < block->count; i++)                                                                          \
        gather_window_##size(plan, 0, operand + block->operand[i], result + block->window[i]);                         \
  }
DEFINE_GATHER(1, uint8_t)
DEFINE_GATHER(2, uint16_t)
DEFINE_GATHER(4, uint32_t)
DEFINE_GATHER(8, uint64_t)

static void gather_task(void *context, long index) {
  const gather_job *job = context;
  const void *operand = job->operand;
  void *result = job->result;
  long begin = index * job->per_task, end = index_least(begin + job->per_task, job->plan.positions);
  index_block block;
  for (; begin < end; begin += INDEX_BLOCK) {
    index_block_fill(&job->plan, begin, index_least(end - begin, INDEX_BLOCK), index_share_all, &block);
    if (job->size == 4)
      gather_block_4(&job->plan, &block, operand, result);
    else if (job->size == 8)
      gather_block_8(&job->plan, &block, operand, result);
    else if (job->size == 2)
      gather_block_2(&job->plan, &block, operand, result);
    else
      gather_block_1(&job->plan, &block, operand, result);
  }
}

void apus_gather(int element_size, const apus_index_shape *shape, const void *operand, const int32_t *indices,
                 void *result) {
  gather_job job = {.size = element_size, .operand = operand, .result = result};
  if (!index_plan_make(&job.plan, shape, indices, true)) return;
  long bytes = job.plan.window_elements * element_size;
  if (job.plan.positions < FEW_POSITIONS && bytes >= LARGE_WINDOW_BYTES) {
    index_block block;
    index_block_fill(&job.plan, 0, job.plan.positions, index_share_all, &block);
    for (long i = 0; i < block.count; i++)
      apus_copy_strided(element_size, shape->window_rank, shape->window_shape,
                        job.operand + block.operand[i] * element_size, shape->window_operand_stride,
                        job.result + block.window[i] * element_size, shape->window_window_stride);
    return;
  }
  // Finding a window costs about as much as copying a few elements.
  job.per_task = TASK_BYTES / (bytes + 16) + 1;
  job.per_task = index_most(job.per_task, (job.plan.positions + TASKS_MOST - 1) / TASKS_MOST);
  if (job.per_task >= job.plan.positions)
    gather_task(&job, 0);
  else
    apus_parallel((job.plan.positions + job.per_task - 1) / job.per_task, gather_task, &job);
}
