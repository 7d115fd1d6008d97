// The plan of a gather or scatter, and the offsets of its windows.
#include "index_private.h"

bool index_plan_make(index_plan *plan, const apus_index_shape *shape, const int32_t *indices, bool clamps) {
  *plan = (index_plan){.shape = shape, .indices = indices, .clamps = clamps, .positions = 1, .window_elements = 1};
  int rank = 0;
  for (int k = 0; k < shape->batch_rank; k++) {
    long n = shape->batch_shape[k];
    plan->positions *= n;
    if (n == 1) continue;
    long index = shape->batch_index_stride[k], operand = shape->batch_operand_stride[k];
    long window = shape->batch_window_stride[k];
    if (rank > 0 && plan->batch[rank - 1].index == index * n && plan->batch[rank - 1].operand == operand * n &&
        plan->batch[rank - 1].window == window * n) {
      rank--;
      n *= plan->batch[rank].n;
    }
    plan->batch[rank].n = n, plan->batch[rank].index = index;
    plan->batch[rank].operand = operand, plan->batch[rank].window = window;
    rank++;
  }
  if (rank == 0) plan->batch[rank++].n = 1;
  plan->batch_rank = rank;
  rank = 0;
  for (int k = 0; k < shape->window_rank; k++) {
    index_dimension d = {shape->window_shape[k], shape->window_operand_stride[k], shape->window_window_stride[k]};
    plan->window_elements *= d.n;
    if (d.n == 1) continue;
    if (rank > 0 && plan->window[rank - 1].operand == d.operand * d.n &&
        plan->window[rank - 1].window == d.window * d.n)
      d.n *= plan->window[--rank].n;
    plan->window[rank++] = d;
  }
  if (rank == 0) plan->window[rank++] = (index_dimension){1, 1, 1};
  plan->window_rank = rank;
  return plan->positions > 0 && plan->window_elements > 0;
}

// A run of positions along the last batch axis, the first of which lies at these offsets.
static void fill_run(const index_plan *plan, long count, long index, long operand, long window, index_share share,
                     index_block *block) {
  const apus_index_shape *shape = plan->shape;
  int axis = plan->batch_rank - 1;
  long index_step = plan->batch[axis].index, operand_step = plan->batch[axis].operand;
  long window_step = plan->batch[axis].window, filled = block->count;
  if (shape->component_count == 1 && share.mask == 0) { // the usual gather, without the loop over components
    long limit = shape->limit[0], step = shape->component_operand_stride[0];
    for (long i = 0; i < count; i++) {
      long at = plan->indices[index + i * index_step], clamped = at < 0 ? 0 : at > limit ? limit : at;
      block->operand[filled] = operand + i * operand_step + clamped * step;
      block->window[filled] = window + i * window_step;
      filled += (at == clamped) | plan->clamps;
    }
    block->count = filled;
    return;
  }
  for (long i = 0; i < count; i++, index += index_step, operand += operand_step, window += window_step) {
    long start = operand;
    bool inside = true;
    for (int c = 0; c < shape->component_count; c++) {
      long at = plan->indices[index + c * shape->component_stride], limit = shape->limit[c];
      long clamped = at < 0 ? 0 : at > limit ? limit : at;
      inside &= at == clamped;
      start += clamped * shape->component_operand_stride[c];
    }
    block->operand[filled] = start, block->window[filled] = window;
    filled += (inside | plan->clamps) & ((start >> share.shift & share.mask) == share.value);
  }
  block->count = filled;
}

void index_block_fill(const index_plan *plan, long begin, long count, index_share share, index_block *block) {
  block->count = 0;
  int last = plan->batch_rank - 1;
  while (count > 0) {
    long at = begin, index = 0, operand = 0, window = 0, run = 0;
    for (int k = last; k >= 0; k--) {
      long n = plan->batch[k].n, i = at % n;
      at /= n;
      if (k == last) run = index_least(n - i, count);
      index += i * plan->batch[k].index, operand += i * plan->batch[k].operand, window += i * plan->batch[k].window;
    }
    fill_run(plan, run, index, operand, window, share, block);
    begin += run, count -= run;
  }
}
