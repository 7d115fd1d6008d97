// Sorting along the middle of a dense [outer, length, inner] array.
#ifndef APUS_SORT_H
#define APUS_SORT_H

#include "apus_types.h"

// Bytes of scratch (64-byte aligned).
size_t apus_arg_sort_scratch(apus_dtype dtype, long outer, long length, long inner);

// indices[o, k, i], dense [outer, count, inner]: where in line (o, i) of x its k-th element in sorted order is, for the
// first `count` <= length. Equal elements keep their order, also descending. NaN counts as the largest of all, -0
// equals 0. Types: bool, U8, I32, U32, I64, U64, F32, F64.
void apus_arg_sort(apus_dtype dtype, long outer, long length, long inner, bool descending, long count, const void *x,
                   int32_t *indices, void *scratch);

#endif
