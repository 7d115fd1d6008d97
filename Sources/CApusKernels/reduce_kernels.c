// The reductions' kernels for floats, for each instruction set.
#include "reduce_private.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "reduce_kernels.inc"
#include "each_isa.inc"

const reduce_kernels *reduce_kernels_of(apus_dtype dtype, bool wraps) {
  if (dtype == APUS_F32) return &(*ISA_SELECT(reduce_floats))[0];
  if (dtype == APUS_F64) return &(*ISA_SELECT(reduce_floats))[1];
  return reduce_integer_kernels(dtype, wraps);
}
