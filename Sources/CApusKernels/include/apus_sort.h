#ifndef APUS_SORT_H
#define APUS_SORT_H
#include "apus_types.h"
size_t apus_arg_sort_scratch(apus_dtype dtype, long outer, long length, long inner);
void apus_arg_sort(apus_dtype dtype, long outer, long length, long inner, bool descending, long count, const void *x,
                   int32_t *indices, void *scratch);
#endif
