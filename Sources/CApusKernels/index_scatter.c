// Scatter: tasks own parts of the operand that no other task's windows touch, and go through all updates of their part
// in order, so that results do not depend on how many tasks there are.
#include "apus_pool.h"
#include "index_scatter_private.h"
#include "types_private.h"

enum {
  TASK_ELEMENTS = 8192,
  TASKS_PER_THREAD = 4,
  STARTS_TOGETHER = 6, // the logarithm of how many neighbouring starts have the same owner, at least
  COLUMN_BYTES = 512,  // the narrowest strip of a contiguous row that a task may own
};

typedef struct {
  index_plan plan;
  scatter_kernels kernels;
  long size;
  const unsigned char *updates;
  unsigned char *operand;
  // How the tasks are cut: the outermost batch axis, one axis of the window, and the starts of windows.
  long batch_pieces, column_pieces, start_pieces;
  int column_axis;
  int start_shift; // see index_share
} scatter_job;

// An axis that moves the target: what stride it has and how many steps.
typedef struct {
  long stride, n;
} mover;

typedef struct {
  mover movers[3 * APUS_MAX_RANK];
  int count;
  bool backwards; // some stride is negative
} mover_list;

static void add_mover(mover_list *list, long stride, long n) {
  if (stride < 0) list->backwards = true;
  if (n > 1 && stride != 0) list->movers[list->count++] = (mover){stride, n};
}

static mover_list movers_of(const index_plan *plan) {
  mover_list list = {.count = 0};
  for (int k = 0; k < plan->batch_rank; k++) add_mover(&list, plan->batch[k].operand, plan->batch[k].n);
  for (int k = 0; k < plan->window_rank; k++) add_mover(&list, plan->window[k].operand, plan->window[k].n);
  const apus_index_shape *shape = plan->shape;
  for (int c = 0; c < shape->component_count; c++)
    add_mover(&list, shape->component_operand_stride[c], shape->limit[c] + 1);
  return list;
}

static long common_divisor(long a, long b) {
  while (b) {
    long rest = a % b;
    a = b, b = rest;
  }
  return a;
}

// Whether a target tells the index along the axis with this stride and length: the axes with smaller strides do not
// reach its next step, and those with larger ones step over all of it, as the digits of a number do.
static bool is_digit(const mover_list *list, long stride, long n) {
  if (list->backwards || stride == 0) return n == 1;
  long reach = 0, step = 0, same = 0;
  for (int k = 0; k < list->count; k++) {
    const mover *m = &list->movers[k];
    if (m->stride == stride && m->n == n && same++ == 0) continue; // the axis itself
    if (m->stride < stride)
      reach += m->stride * (m->n - 1);
    else
      step = common_divisor(m->stride, step);
  }
  return reach < stride && (step == 0 || step >= stride * n);
}

static void cut(scatter_job *job) {
  index_plan *plan = &job->plan;
  job->batch_pieces = job->column_pieces = job->start_pieces = 1;
  long threads = apus_pool_threads(), wanted = threads * TASKS_PER_THREAD;
  if (threads == 1 || plan->positions * plan->window_elements < TASK_ELEMENTS) return;
  mover_list movers = movers_of(plan);
  if (plan->batch[0].n > 1 && is_digit(&movers, plan->batch[0].operand, plan->batch[0].n))
    job->batch_pieces = index_least(plan->batch[0].n, wanted);
  wanted /= job->batch_pieces;
  bool all_digits = !movers.backwards;
  for (int k = 0; k < plan->window_rank; k++) {
    const index_dimension *d = &plan->window[k];
    if (d->n == 1) continue;
    if (!is_digit(&movers, d->operand, d->n)) {
      all_digits = false;
      continue;
    }
    long pieces = d->operand == 1 ? d->n * job->size / COLUMN_BYTES : d->n;
    pieces = index_least(pieces, wanted);
    if (pieces > job->column_pieces) job->column_pieces = pieces, job->column_axis = k;
  }
  wanted /= job->column_pieces;
  // When a target tells its place in the window, it tells the window's start.
  if (!all_digits) return;
  while (job->start_pieces < wanted) job->start_pieces *= 2;
  long step = 1L << STARTS_TOGETHER;
  for (int c = 0; c < plan->shape->component_count; c++)
    if (plan->shape->limit[c] > 0) step = index_most(step, plan->shape->component_operand_stride[c]);
  while (step >> job->start_shift > 1) job->start_shift++;
}

static void scatter_window(const scatter_job *job, const index_plan *plan, int dim, unsigned char *operand,
                           const unsigned char *updates) {
  const index_dimension *d = &plan->window[dim];
  if (dim == plan->window_rank - 1) {
    job->kernels.row(d->n, updates, d->window, operand, d->operand);
    return;
  }
  for (long i = 0; i < d->n; i++)
    scatter_window(job, plan, dim + 1, operand + i * d->operand * job->size, updates + i * d->window * job->size);
}

static void scatter_task(void *context, long index) {
  const scatter_job *job = context;
  index_plan plan = job->plan;
  long start_piece = index % job->start_pieces;
  index /= job->start_pieces;
  long column_piece = index % job->column_pieces, batch_piece = index / job->column_pieces;

  long per_step = plan.positions / plan.batch[0].n;
  long begin = plan.batch[0].n * batch_piece / job->batch_pieces * per_step;
  long end = plan.batch[0].n * (batch_piece + 1) / job->batch_pieces * per_step;
  index_dimension *axis = &plan.window[job->column_axis];
  long first = axis->n * column_piece / job->column_pieces, next = axis->n * (column_piece + 1) / job->column_pieces;
  unsigned char *operand = job->operand + first * axis->operand * job->size;
  const unsigned char *updates = job->updates + first * axis->window * job->size;
  axis->n = next - first;
  index_share share = {job->start_shift, job->start_pieces - 1, start_piece};

  index_block block;
  for (; begin < end; begin += INDEX_BLOCK) {
    index_block_fill(&plan, begin, index_least(end - begin, INDEX_BLOCK), share, &block);
    if (plan.window_elements == 1)
      job->kernels.elements(&block, updates, operand);
    else
      for (long i = 0; i < block.count; i++)
        scatter_window(job, &plan, 0, operand + block.operand[i] * job->size, updates + block.window[i] * job->size);
  }
}

void apus_scatter(apus_scatter_kind kind, apus_dtype dtype, bool clamps, const apus_index_shape *shape,
                  const int32_t *indices, const void *updates, void *operand) {
  scatter_job job = {
      .kernels = scatter_kernels_of(kind, dtype), .size = apus_size_of(dtype), .updates = updates, .operand = operand};
  if (!index_plan_make(&job.plan, shape, indices, clamps)) return;
  cut(&job);
  long tasks = job.batch_pieces * job.column_pieces * job.start_pieces;
  if (tasks == 1)
    scatter_task(&job, 0);
  else
    apus_parallel(tasks, scatter_task, &job);
}
