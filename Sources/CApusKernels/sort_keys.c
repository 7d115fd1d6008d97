// Sort keys, for each instruction set.
#include "sort_private.h"
#include "types_private.h"
#include "vector_types_private.h"

#define APUS_ISA_BODY "sort_keys.inc"
#include "each_isa.inc"

sort_keys sort_keys_of(apus_dtype dtype) {
  sort_keys none = {0};
  return (unsigned)dtype < APUS_DTYPE_COUNT ? (*ISA_SELECT(sort_keys_table))[dtype] : none;
}

void sort_by_rank(long n, const uint64_t *numbers, uint64_t *sorted) { ISA_SELECT(sort_by_rank)(n, numbers, sorted); }
