// What the kernels ask about types.
#ifndef APUS_TYPES_PRIVATE_H
#define APUS_TYPES_PRIVATE_H

#include "apus_types.h"

enum { APUS_DTYPE_COUNT = APUS_BF16 + 1 };

// Bytes of an element.
static inline int apus_size_of(int dtype) {
  switch (dtype) {
  case APUS_BOOL:
  case APUS_U8:
  case APUS_I8:
    return 1;
  case APUS_I16:
  case APUS_U16:
  case APUS_F16:
  case APUS_BF16:
    return 2;
  case APUS_I64:
  case APUS_U64:
  case APUS_F64:
    return 8;
  default:
    return 4;
  }
}

#endif
