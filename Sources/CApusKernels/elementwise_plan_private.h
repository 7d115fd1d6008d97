// How a run of an elementwise program is planned: where each register lives, and the length of a tile.
#ifndef APUS_ELEMENTWISE_PLAN_PRIVATE_H
#define APUS_ELEMENTWISE_PLAN_PRIVATE_H

#include "elementwise_private.h"

enum {
  VM_TILE_MOST = 2048, // elements
  VM_TILE_LIMIT_BYTES = 96 << 10,
  // One more for the results that cannot be written over their own operand.
  VM_STAGES = APUS_VM_MAX_REGISTERS + 1,
  VM_STAGE_BYTES = VM_GROUP * 8 + VM_LOAD_SLACK,
  VM_SCRATCH_BYTES = VM_TILE_LIMIT_BYTES + VM_STAGES * 2 * VM_LOAD_SLACK,
  VM_NEVER = -1,
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

// Where a result goes.
typedef struct {
  int source; // its register
  int size;   // of an element
  // Whether the register is written elsewhere and copied here; whether nothing is written, because what is reduced is
  // read where it lies.
  bool copied, skipped;
  unsigned char *memory; // of element `first`
  long first;
} vm_target;

typedef struct {
  const apus_vm_program *program;
  const void *const *inputs;
  const vm_kernel_table *kernels;
  const vm_conversion_table *conversions;
  long count, tile;
  long cost;        // of an element, in simple vector operations
  int spare_offset; // of the spare tile
  vm_register registers[APUS_VM_MAX_REGISTERS];
  vm_view views[APUS_VM_MAX_REGISTERS]; // of inputs that are not dense
  // The outputs, and after them what is reduced.
  int target_count;
  vm_target targets[APUS_VM_MAX_REGISTERS + APUS_VM_MAX_REDUCED];
} vm_plan;

// Plans a run. The targets of what is reduced have no memory yet.
void vm_plan_make(vm_plan *plan, const apus_vm_program *program, const void *const *inputs, void *const *outputs);

// The kernel of an instruction, NULL where the pair of operation and type makes no sense.
vm_kernel vm_kernel_of(const vm_plan *plan, const apus_vm_instruction *instruction);
int vm_result_type(const apus_vm_instruction *instruction);

// Fills the tiles that stay as they are, once for the scratch memory (VM_SCRATCH_BYTES) that is then given to each
// call of `vm_run_range`.
void vm_fill_lasting_tiles(const vm_plan *plan, unsigned char *scratch);
// Elements begin ..< end in row-major order.
void vm_run_range(const vm_plan *plan, long begin, long end, unsigned char *scratch);

// Runs a program that reduces something.
void vm_run_reduced(vm_plan *plan, void *const *results, void *scratch);

#endif
