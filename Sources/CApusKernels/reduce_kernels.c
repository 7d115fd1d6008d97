// The reductions' kernels, for each instruction set.
#include "reduce_private.h"
#include "vector_types_private.h"
#include <float.h>
#include <string.h>

// Loops over few columns are not worth vectors, which the compiler would warn of.
#pragma clang diagnostic ignored "-Wpass-failed"

enum { KIND_U8, KIND_I32, KIND_U32, KIND_I64, KIND_U64, KIND_F32, KIND_F64, KIND_COUNT };

#define APUS_ISA_BODY "reduce_kernels.inc"
#include "each_isa.inc"

const reduce_kernels *reduce_kernels_of(apus_dtype dtype, bool wraps) {
  static const uint8_t kinds[] = {KIND_U8, KIND_U8, KIND_I32, KIND_U32, KIND_I64, KIND_F32, KIND_F64};
  int kind = kinds[dtype];
  if (wraps && kind == KIND_I32) kind = KIND_U32;
  if (wraps && kind == KIND_I64) kind = KIND_U64;
  return &(*ISA_SELECT(reduce_table))[kind];
}
