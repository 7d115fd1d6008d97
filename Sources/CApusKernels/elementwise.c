// Runs elementwise programs: plans where each register lives, then takes tile after tile through the instructions.
//
// A tile is a stretch of the flattened output. Inputs dense in the program's shape are read in place and results that
// are outputs written in place; all other registers live in tiles on the stack, small enough for the first-level cache.
#include "apus_pool.h"
#include "elementwise_private.h"
#include "half_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TILE_LEAST = 128, // elements
  TILE_MOST = 2048,
  // Of all tiles together. Short tiles keep what each instruction reads of the arrays in memory a few lines apart,
  // which the processor fetches ahead; long ones wait for every line.
  TILE_PREFERRED_BYTES = 8 << 10,
  TILE_LIMIT_BYTES = 96 << 10,
  // One more for the results that cannot be written over their own operand.
  STAGES = APUS_VM_MAX_REGISTERS + 1,
  STAGE_BYTES = VM_GROUP * 8 + VM_LOAD_SLACK,
  SCRATCH_BYTES = TILE_LIMIT_BYTES + STAGES * 2 * VM_LOAD_SLACK,
  CHUNK_COST = 200000, // about ten microseconds
  CHUNKS_MOST = 64,
  NEVER = -1,
};

typedef enum {
  REGISTER_TILE,    // computed into its tile
  REGISTER_DENSE,   // an input read in place
  REGISTER_UNIFORM, // one value, its tile filled once
  REGISTER_PERIOD,  // an input that repeats within a tile's length: one tile and a period filled once, read at a phase
  REGISTER_LOADED,  // an input loaded into its tile, tile by tile
  REGISTER_OUTPUT,  // written in place to an output
} register_kind;

typedef struct {
  register_kind kind;
  int size;                   // of an element, the widest written to it
  bool mixed;                 // elements of several sizes are written to it
  int writes;                 // instructions that write it
  int first_write, last_read; // instruction numbers; an output is read after all of them
  int output;                 // of REGISTER_OUTPUT
  int offset;                 // of its tile in scratch
  double immediate;           // of a constant
  uint8_t type;
} vm_register;

typedef struct {
  const apus_vm_program *program;
  const void *const *inputs;
  void *const *outputs;
  const vm_kernel_table *kernels;
  const vm_conversion_table *conversions;
  long count, tile, chunk;
  int spare_offset; // of the spare tile
  vm_register registers[APUS_VM_MAX_REGISTERS];
  vm_view views[APUS_VM_MAX_REGISTERS];   // of inputs that are not dense
  bool copied_out[APUS_VM_MAX_REGISTERS]; // outputs whose register is not written in place
} vm_plan;

static int operand_count(int op) {
  if (op == APUS_VM_CONSTANT) return 0;
  if (op == APUS_VM_SELECT || op == APUS_VM_MULTIPLY_ADD) return 3;
  return op >= APUS_VM_ADD && op <= APUS_VM_GREATER_EQUAL ? 2 : 1;
}

static int result_type(const apus_vm_instruction *i) {
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

static vm_kernel kernel_of(const vm_plan *plan, const apus_vm_instruction *i) {
  if (i->op >= APUS_VM_COUNT || i->type >= APUS_DTYPE_COUNT) fail("no such operation or type", i->op, i->type);
  if (i->op == APUS_VM_CONVERT) {
    if (i->result_type >= APUS_DTYPE_COUNT) fail("no such result type", i->op, i->result_type);
    return (*plan->conversions)[i->type][i->result_type];
  }
  return plan->kernels->operation[i->op][i->type];
}

// Reads the program once: how each register is written and last read. Returns the cost of an element.
static long survey(vm_plan *plan) {
  const apus_vm_program *p = plan->program;
  if (p->register_count > APUS_VM_MAX_REGISTERS) fail("too many registers", p->register_count, 0);
  long cost = p->input_count + p->output_count;
  for (int r = 0; r < p->register_count; r++)
    plan->registers[r] = (vm_register){.first_write = NEVER, .last_read = NEVER, .output = NEVER};
  for (int k = 0; k < p->input_count; k++) {
    plan->registers[k].size = apus_size_of(p->inputs[k].type);
    plan->registers[k].type = p->inputs[k].type;
  }
  for (int k = 0; k < p->instruction_count; k++) {
    const apus_vm_instruction *i = &p->instructions[k];
    if (i->op != APUS_VM_CONSTANT && !kernel_of(plan, i)) fail("no such operation on this type", i->op, i->type);
    int16_t operands[3] = {i->a, i->b, i->c};
    for (int j = 0; j < operand_count(i->op); j++) plan->registers[operands[j]].last_read = k;
    vm_register *d = &plan->registers[i->d];
    int type = result_type(i), size = apus_size_of(type);
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
  return cost;
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

// Decides which outputs are written in place. Where an output lies in an input's memory, that is allowed only if the
// input is not read after the first write.
static void place_outputs(vm_plan *plan) {
  const apus_vm_program *p = plan->program;
  for (int k = 0; k < p->output_count; k++) {
    int source = p->outputs[k].source;
    vm_register *r = &plan->registers[source];
    bool direct = source >= p->input_count && r->kind == REGISTER_TILE && !r->mixed &&
                  r->size == apus_size_of(p->outputs[k].type);
    for (int i = 0; i < p->input_count; i++) {
      if (plan->inputs[i] != plan->outputs[k]) continue;
      bool read_at_the_end = false;
      for (int j = 0; j < p->output_count; j++) read_at_the_end |= j != k && p->outputs[j].source == i;
      if (read_at_the_end || plan->registers[i].last_read > r->first_write) direct = false;
      // Another output copies this input at the end of a tile, when this output may already lie over it.
      if (read_at_the_end && plan->registers[i].kind == REGISTER_DENSE) {
        plan->registers[i].kind = REGISTER_LOADED;
        plan->views[i] = view_of_input(plan, i);
      }
    }
    plan->copied_out[k] = !direct;
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
      r->kind = repeats && view->rank == 1                   ? REGISTER_UNIFORM
                : repeats && view->block[0] <= TILE_MOST / 2 ? REGISTER_PERIOD
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
      if (period_bytes + period <= TILE_LIMIT_BYTES / 2)
        period_bytes += period;
      else
        reg->kind = REGISTER_LOADED;
    }
    if (has_tile(reg)) bytes += reg->size;
  }
  long tile = TILE_PREFERRED_BYTES / bytes, most = (TILE_LIMIT_BYTES - period_bytes) / bytes;
  if (tile < TILE_LEAST) tile = TILE_LEAST;
  if (tile > TILE_MOST) tile = TILE_MOST;
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

// Fills the tiles that stay as they are for the whole chunk.
static void fill_lasting_tiles(const vm_plan *plan, unsigned char *scratch) {
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
    vm_kernel kernel = kernel_of(plan, i);
    bool may_widen = i->op == APUS_VM_CONVERT || i->op == APUS_VM_SELECT;
    if (may_widen && d == a) { // results wider than their operand would run over those still to be read
      kernel(n, spare, a, b, c);
      memcpy(d, spare, (size_t)(n * apus_size_of(result_type(i))));
    } else {
      kernel(n, d, a, b, c);
    }
  }
}

// One tile of `n` elements, n a multiple of VM_GROUP; or, with `stages`, fewer than VM_GROUP, which are copied into
// padded stages and out of them.
static void run_tile(const vm_plan *plan, long begin, long n, unsigned char *scratch,
                     unsigned char (*stages)[STAGE_BYTES]) {
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
      at[r] = stages ? stages[r] : (unsigned char *)plan->outputs[reg->output] + begin * reg->size;
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
  for (int k = 0; k < p->output_count; k++) {
    if (!stages && !plan->copied_out[k]) continue;
    long size = apus_size_of(p->outputs[k].type);
    memmove((unsigned char *)plan->outputs[k] + begin * size, at[p->outputs[k].source], (size_t)(n * size));
  }
}

static void run_chunk(void *context, long index) {
  const vm_plan *plan = context;
  _Alignas(64) unsigned char scratch[SCRATCH_BYTES];
  fill_lasting_tiles(plan, scratch);
  long begin = index * plan->chunk, end = begin + plan->chunk < plan->count ? begin + plan->chunk : plan->count;
  long whole = begin + ((end - begin) & ~(long)(VM_GROUP - 1));
  for (; begin < whole; begin += plan->tile)
    run_tile(plan, begin, whole - begin < plan->tile ? whole - begin : plan->tile, scratch, NULL);
  if (whole < end) {
    // Zeroed, so that the padding is a number for every operation.
    _Alignas(64) unsigned char stages[APUS_VM_MAX_REGISTERS][STAGE_BYTES];
    memset(stages, 0, (size_t)plan->program->register_count * STAGE_BYTES);
    run_tile(plan, whole, end - whole, scratch, stages);
  }
}

void apus_vm_run(const apus_vm_program *program, const void *const *inputs, void *const *outputs) {
  vm_plan plan;
  plan.program = program, plan.inputs = inputs, plan.outputs = outputs, plan.kernels = vm_kernels();
  plan.conversions = vm_conversions();
  plan.count = 1;
  for (int k = 0; k < program->rank; k++) plan.count *= program->shape[k];
  if (plan.count == 0) return;
  long cost = survey(&plan);
  place_inputs(&plan);
  place_outputs(&plan);
  place_tiles(&plan);
  // Chunks depend on the program and the shape alone.
  long chunk = CHUNK_COST / cost, share = (plan.count + CHUNKS_MOST - 1) / CHUNKS_MOST;
  if (chunk < share) chunk = share;
  plan.chunk = (chunk / plan.tile + 1) * plan.tile;
  if (plan.chunk >= plan.count)
    run_chunk(&plan, 0);
  else
    apus_parallel((plan.count + plan.chunk - 1) / plan.chunk, run_chunk, &plan);
}
