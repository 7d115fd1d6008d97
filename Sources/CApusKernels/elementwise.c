// Runs elementwise programs: takes tile after tile through the instructions.
//
// A tile is a stretch of the flattened output. Inputs dense in the program's shape are read in place and results that
// are outputs written in place; all other registers live in tiles on the stack, small enough for the first-level cache.
#include "apus_pool.h"
#include "elementwise_plan_private.h"
#include "half_private.h"
#include <string.h>

enum {
  CHUNK_COST = 200000, // about ten microseconds
  CHUNKS_MOST = 64,
};

static void store_immediate(int dtype, double value, void *element) {
  switch (dtype) {
  case APUS_BOOL:
    *(uint8_t *)element = value != 0;
    break;
  case APUS_U8:
  case APUS_I8:
    *(uint8_t *)element = (uint8_t)(int64_t)value;
    break;
  case APUS_I32:
    *(int32_t *)element = (int32_t)(uint32_t)(int64_t)value;
    break;
  case APUS_U32:
    *(uint32_t *)element = (uint32_t)(int64_t)value;
    break;
  case APUS_I64:
    *(int64_t *)element = (int64_t)value;
    break;
  case APUS_U64: // beyond 2^63 no int64_t is in between
    *(uint64_t *)element = value < 0x1p63 ? (uint64_t)(int64_t)value : (uint64_t)value;
    break;
  case APUS_I16:
  case APUS_U16:
    *(uint16_t *)element = (uint16_t)(int64_t)value;
    break;
  case APUS_F16:
    *(uint16_t *)element = half_of_double(value);
    break;
  case APUS_BF16:
    *(uint16_t *)element = brain_of_double(value);
    break;
  case APUS_F32:
    *(float *)element = (float)value;
    break;
  default:
    *(double *)element = value;
  }
}

static void splat_constant(int dtype, double value, long count, void *destination) {
  uint64_t element;
  store_immediate(dtype, value, &element);
  vm_splat(apus_size_of(dtype), &element, count, destination);
}

void vm_fill_lasting_tiles(const vm_plan *plan, unsigned char *scratch) {
  const apus_vm_program *p = plan->program;
  for (int r = 0; r < p->register_count; r++) {
    const vm_register *reg = &plan->registers[r];
    unsigned char *tile = scratch + reg->offset;
    if (reg->kind == REGISTER_PERIOD)
      vm_view_load(&plan->views[r], 0, plan->tile + plan->views[r].block[0], tile);
    else if (reg->kind != REGISTER_UNIFORM)
      continue;
    else if (r < p->input_count)
      vm_splat(reg->size, plan->inputs[r], plan->tile, tile);
    else
      splat_constant(reg->type, reg->immediate, plan->tile, tile);
  }
}

static void run_instructions(const vm_plan *plan, long n, void *const *at, unsigned char *spare) {
  const apus_vm_program *p = plan->program;
  for (int k = 0; k < p->instruction_count; k++) {
    const apus_vm_instruction *i = &p->instructions[k];
    void *d = at[i->d];
    if (i->op == APUS_VM_CONSTANT) {
      if (plan->registers[i->d].kind != REGISTER_UNIFORM) splat_constant(i->type, i->immediate, n, d);
      continue;
    }
    // Operands that an operation does not have may hold anything: keep them inside the array.
    enum { MASK = APUS_VM_MAX_REGISTERS - 1 };
    const void *a = at[i->a & MASK], *b = at[i->b & MASK], *c = at[i->c & MASK];
    vm_kernel kernel = vm_kernel_of(plan, i);
    bool may_widen = i->op == APUS_VM_CONVERT || i->op == APUS_VM_SELECT;
    if (may_widen && d == a) { // results wider than their operand would run over those still to be read
      kernel(n, spare, a, b, c);
      memcpy(d, spare, (size_t)(n * apus_size_of(vm_result_type(i))));
    } else {
      kernel(n, d, a, b, c);
    }
  }
}

static void *target_at(const vm_target *target, long element) {
  return target->memory + (element - target->first) * target->size;
}

// One tile of `n` elements, n a multiple of VM_GROUP; or, with `stages`, fewer than VM_GROUP, which are copied into
// padded stages and out of them.
static void run_tile(const vm_plan *plan, long begin, long n, unsigned char *scratch,
                     unsigned char (*stages)[VM_STAGE_BYTES]) {
  const apus_vm_program *p = plan->program;
  void *at[APUS_VM_MAX_REGISTERS] = {0};
  for (int r = 0; r < p->register_count; r++) {
    const vm_register *reg = &plan->registers[r];
    at[r] = scratch + reg->offset;
    switch (reg->kind) {
    case REGISTER_DENSE:
      at[r] = (unsigned char *)plan->inputs[r] + begin * reg->size;
      if (stages) at[r] = memcpy(stages[r], at[r], (size_t)(n * reg->size));
      break;
    case REGISTER_OUTPUT:
      at[r] = stages ? stages[r] : target_at(&plan->targets[reg->output], begin);
      break;
    case REGISTER_PERIOD:
      at[r] = (unsigned char *)at[r] + begin % plan->views[r].block[0] * reg->size;
      break;
    case REGISTER_LOADED:
      if (stages) at[r] = stages[r];
      vm_view_load(&plan->views[r], begin, n, at[r]);
      break;
    case REGISTER_TILE:
    case REGISTER_UNIFORM:
      break;
    }
  }
  run_instructions(plan, stages ? VM_GROUP : n, at, scratch + plan->spare_offset);
  for (int k = 0; k < plan->target_count; k++) {
    const vm_target *target = &plan->targets[k];
    if (target->skipped || (!stages && !target->copied)) continue;
    memmove(target_at(target, begin), at[target->source], (size_t)(n * target->size));
  }
}

void vm_run_range(const vm_plan *plan, long begin, long end, unsigned char *scratch) {
  long whole = begin + ((end - begin) & ~(long)(VM_GROUP - 1));
  for (; begin < whole; begin += plan->tile)
    run_tile(plan, begin, whole - begin < plan->tile ? whole - begin : plan->tile, scratch, NULL);
  if (whole < end) {
    // Zeroed, so that the padding is a number for every operation.
    _Alignas(64) unsigned char stages[APUS_VM_MAX_REGISTERS][VM_STAGE_BYTES];
    memset(stages, 0, (size_t)plan->program->register_count * VM_STAGE_BYTES);
    run_tile(plan, whole, end - whole, scratch, stages);
  }
}

typedef struct {
  const vm_plan *plan;
  long chunk;
} vm_job;

static void run_chunk(void *context, long index) {
  const vm_job *job = context;
  _Alignas(64) unsigned char scratch[VM_SCRATCH_BYTES];
  vm_fill_lasting_tiles(job->plan, scratch);
  long begin = index * job->chunk, end = begin + job->chunk;
  vm_run_range(job->plan, begin, end < job->plan->count ? end : job->plan->count, scratch);
}

void apus_vm_run(const apus_vm_program *program, const void *const *inputs, void *const *outputs, void *scratch) {
  vm_plan plan;
  vm_plan_make(&plan, program, inputs, outputs);
  if (plan.count == 0) return;
  if (program->reduced_count > 0) {
    vm_run_reduced(&plan, outputs + program->output_count, scratch);
    return;
  }
  // Chunks depend on the program and the shape alone.
  long chunk = CHUNK_COST / plan.cost, share = (plan.count + CHUNKS_MOST - 1) / CHUNKS_MOST;
  if (chunk < share) chunk = share;
  vm_job job = {&plan, (chunk / plan.tile + 1) * plan.tile};
  if (job.chunk >= plan.count)
    run_chunk(&job, 0);
  else
    apus_parallel((plan.count + job.chunk - 1) / job.chunk, run_chunk, &job);
}
