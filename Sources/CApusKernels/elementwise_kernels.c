// The kernels of the elementwise machine, for each instruction set.
#include "elementwise_functions_private.h"
#include "elementwise_loops_private.h"
#include <math.h>
#include <stddef.h>

#define APUS_ISA_BODY "elementwise_kernels.inc"
#include "each_isa.inc"

const vm_kernel_table *vm_kernels(void) { return ISA_SELECT(vm_table); }
