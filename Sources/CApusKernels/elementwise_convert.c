// The conversions of the elementwise machine, for each instruction set.
#include "elementwise_loops_private.h"
#include "half_private.h"
#include <stddef.h>

enum { CONVERT_BLOCK = 256 }; // elements

#define APUS_ISA_BODY "elementwise_convert.inc"
#include "each_isa.inc"

const vm_conversion_table *vm_conversions(void) { return ISA_SELECT(vm_conversions); }
