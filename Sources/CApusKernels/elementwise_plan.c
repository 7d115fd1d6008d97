// Plans a run of an elementwise program: where each register lives, and how long tiles are.
#include "elementwise_plan_private.h"
#include <stdio.h>
#include <stdlib.h>

enum {
  TILE_LEAST = 128, // elements
  // Of all tiles together. Short tiles keep what each instruction reads of the arrays in memory a few lines apart,
  // which the processor fetches ahead; long ones wait for every line.
  TILE_PREFERRED_BYTES = 8 << 10,
};

static int operand_count(int op) {
  if (op == APUS_VM_CONSTANT) return 0;
  if (op == APUS_VM_SELECT || op == APUS_VM_MULTIPLY_ADD) return 3;
  return op >= APUS_VM_ADD && op <= APUS_VM_GREATER_EQUAL ? 2 : 1;
}

int vm_result_type(const apus_vm_instruction *i) {
  if (i->op == APUS_VM_CONVERT) return i->result_type;
  return i->op >= APUS_VM_EQUAL && i->op <= APUS_VM_GREATER_EQUAL ? APUS_BOOL : i->type;
}

// About how many simple vector operations an instruction is worth, to decide how much work a chunk holds.
static int cost_of(const apus_vm_instruction *i) {
  bool scalar = i->op == APUS_VM_SIN || i->op == APUS_VM_COS || i->op == APUS_VM_POWER || i->op == APUS_VM_REMAINDER ||
                i->op == APUS_VM_ATAN2 || (i->op >= APUS_VM_CBRT && i->op <= APUS_VM_DIGAMMA);
  bool function = (i->op >= APUS_VM_EXP && i->op <= APUS_VM_ERF) || i->op == APUS_VM_ERFC;
  if ((scalar && i->op != APUS_VM_ERFC) || (function && i->type == APUS_F64)) return 100;
  if (i->op == APUS_VM_DIVIDE && i->type != APUS_F32) return 30;
  return (function ? 10 : 1) * (apus_size_of(i->type) == 8 ? 2 : 1);
}

static void fail(const char *what, int op, int type) {
  fprintf(stderr, "apus_vm_run: %s (operation %d, type %d)\n", what, op, type);
  abort();
}

vm_kernel vm_kernel_of(const vm_plan *plan, const apus_vm_instruction *i) {
  if (i->op >= APUS_VM_COUNT || i->type >= APUS_DTYPE_COUNT) fail("no such operation or type", i->op, i->type);
  if (i->op == APUS_VM_CONVERT) {
    if (i->result_type >= APUS_DTYPE_COUNT) fail("no such result type", i->op, i->result_type);
    return (*plan->conversions)[i->type][i->result_type];
  }
  return plan->kernels->operation[i->op][i->type];
}

// Reads the program once: how each register is written and last read, and the cost of an element.
static void survey(vm_plan *plan) {
  const apus_vm_program *p = plan->program;
  if (p->register_count > APUS_VM_MAX_REGISTERS) fail("too many registers", p->register_count, 0);
  long cost = p->input_count + p->output_count;
  for (int r = 0; r < p->register_count; r++)
    plan->registers[r] = (vm_register){.first_write = VM_NEVER, .last_read = VM_NEVER, .output = VM_NEVER};
  for (int k = 0; k < p->input_count; k++) {
    plan->registers[k].size = apus_size_of(p->inputs[k].type);
    plan->registers[k].type = p->inputs[k].type;
  }
  for (int k = 0; k < p->instruction_count; k++) {
    const apus_vm_instruction *i = &p->instructions[k];
    if (i->op != APUS_VM_CONSTANT && !vm_kernel_of(plan, i)) fail("no such operation on this type", i->op, i->type);
    int16_t operands[3] = {i->a, i->b, i->c};
    for (int j = 0; j < operand_count(i->op); j++) plan->registers[operands[j]].last_read = k;
    vm_register *d = &plan->registers[i->d];
    int type = vm_result_type(i), size = apus_size_of(type);
    if (d->writes == 0) d->first_write = k;
    d->writes++;
    d->type = (uint8_t)type;
    d->immediate = i->immediate;
    // A constant written once is filled once; kept as a tile as soon as anything else writes the register.
    d->kind = i->op == APUS_VM_CONSTANT && d->writes == 1 ? REGISTER_UNIFORM : REGISTER_TILE;
    if (d->writes > 1 && d->size != size) d->mixed = true;
    if (d->size < size) d->size = size;
    cost += cost_of(i);
  }
  plan->cost = cost;
}

static bool is_dense(const apus_vm_program *p, const long *strides) {
  long expected = 1;
  for (int k = p->rank - 1; k >= 0; k--) {
    if (p->shape[k] != 1 && strides[k] != expected) return false;
    expected *= p->shape[k];
  }
  return true;
}

static vm_view view_of_input(const vm_plan *plan, int k) {
  const apus_vm_program *p = plan->program;
  return vm_view_make(plan->inputs[k], plan->registers[k].size, p->rank, p->shape, p->inputs[k].strides);
}

// Whether something besides target `k` still needs an input when a tile's instructions are done.
static bool is_read_at_the_end(const vm_plan *plan, int input, int k) {
  for (int j = 0; j < plan->target_count; j++)
    if (j != k && plan->targets[j].source == input) return true;
  return false;
}

// Decides which results are written in place. Where an output lies in an input's memory, that is allowed only if the
// input is not read after the first write.
static void place_outputs(vm_plan *plan) {
  const apus_vm_program *p = plan->program;
  for (int k = 0; k < plan->target_count; k++) {
    vm_target *target = &plan->targets[k];
    vm_register *r = &plan->registers[target->source];
    bool reduced = k >= p->output_count;
    target->skipped = reduced && (r->kind == REGISTER_DENSE || r->kind == REGISTER_OUTPUT);
    if (target->skipped) continue;
    bool direct = target->source >= p->input_count && r->kind == REGISTER_TILE && !r->mixed && r->size == target->size;
    for (int i = 0; i < p->input_count && !reduced; i++) {
      if (plan->inputs[i] != target->memory) continue;
      bool read_at_the_end = is_read_at_the_end(plan, i, k);
      if (read_at_the_end || plan->registers[i].last_read > r->first_write) direct = false;
      // Another result is made of this input at the end of a tile, when this output may already lie over it.
      if (read_at_the_end && plan->registers[i].kind == REGISTER_DENSE) {
        plan->registers[i].kind = REGISTER_LOADED;
        plan->views[i] = view_of_input(plan, i);
      }
    }
    target->copied = !direct;
    if (direct) r->kind = REGISTER_OUTPUT, r->output = k;
  }
}

static void place_inputs(vm_plan *plan) {
  const apus_vm_program *p = plan->program;
  for (int k = 0; k < p->input_count; k++) {
    vm_register *r = &plan->registers[k];
    if (is_dense(p, p->inputs[k].strides))
      r->kind = REGISTER_DENSE;
    else {
      vm_view *view = &plan->views[k];
      *view = view_of_input(plan, k);
      bool repeats = view->stride[0] == 0;
      r->kind = repeats && view->rank == 1                      ? REGISTER_UNIFORM
                : repeats && view->block[0] <= VM_TILE_MOST / 2 ? REGISTER_PERIOD
                                                                : REGISTER_LOADED;
    }
  }
}

static bool has_tile(const vm_register *r) { return r->kind != REGISTER_DENSE && r->kind != REGISTER_OUTPUT; }

// Chooses the tile's length and lays out the tiles.
static void place_tiles(vm_plan *plan) {
  const apus_vm_program *p = plan->program;
  long bytes = 8, period_bytes = 0; // 8 for the spare tile
  for (int r = 0; r < p->register_count; r++) {
    vm_register *reg = &plan->registers[r];
    // A tile of periods is as long again as its period, which counts once the tile's length is known to allow it.
    if (reg->kind == REGISTER_PERIOD) {
      long period = plan->views[r].block[0] * reg->size;
      if (period_bytes + period <= VM_TILE_LIMIT_BYTES / 2)
        period_bytes += period;
      else
        reg->kind = REGISTER_LOADED;
    }
    if (has_tile(reg)) bytes += reg->size;
  }
  long tile = TILE_PREFERRED_BYTES / bytes, most = (VM_TILE_LIMIT_BYTES - period_bytes) / bytes;
  if (tile < TILE_LEAST) tile = TILE_LEAST;
  if (tile > VM_TILE_MOST) tile = VM_TILE_MOST;
  if (tile > most) tile = most;
  if (tile > plan->count) tile = plan->count + VM_GROUP - 1;
  plan->tile = tile & ~(long)(VM_GROUP - 1);
  int offset = 0;
  for (int r = 0; r < p->register_count; r++) {
    vm_register *reg = &plan->registers[r];
    if (!has_tile(reg)) continue;
    reg->offset = offset;
    long elements = plan->tile + (reg->kind == REGISTER_PERIOD ? plan->views[r].block[0] : 0);
    offset += (int)((elements * reg->size + VM_LOAD_SLACK) & ~63L) + 64;
  }
  plan->spare_offset = offset;
}

void vm_plan_make(vm_plan *plan, const apus_vm_program *program, const void *const *inputs, void *const *outputs) {
  plan->program = program, plan->inputs = inputs, plan->kernels = vm_kernels(), plan->conversions = vm_conversions();
  plan->count = 1;
  for (int k = 0; k < program->rank; k++) plan->count *= program->shape[k];
  if (program->reduced_count > APUS_VM_MAX_REDUCED) fail("too much is reduced", program->reduced_count, 0);
  for (int k = 0; k < program->reduced_count; k++)
    if (program->inner > 1 && program->inner * apus_size_of(program->reduced[k].type) > APUS_VM_INNER_BYTES_MOST)
      fail("too wide a reduction", program->reduced[k].reduction, program->reduced[k].type);
  plan->target_count = program->output_count + program->reduced_count;
  for (int k = 0; k < program->output_count; k++)
    plan->targets[k] = (vm_target){
        .source = program->outputs[k].source, .size = apus_size_of(program->outputs[k].type), .memory = outputs[k]};
  for (int k = 0; k < program->reduced_count; k++)
    plan->targets[program->output_count + k] =
        (vm_target){.source = program->reduced[k].source, .size = apus_size_of(program->reduced[k].type)};
  survey(plan);
  place_inputs(plan);
  place_outputs(plan);
  place_tiles(plan);
}
