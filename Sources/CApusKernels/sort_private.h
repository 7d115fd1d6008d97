// Sort keys: unsigned integers, of four bytes for types of up to four and of eight for the others, in the order of the
// elements.
#ifndef APUS_SORT_PRIVATE_H
#define APUS_SORT_PRIVATE_H

#include "apus_sort.h"

enum { SORT_BLOCK = 64 };

typedef struct {
  void (*make)(const void *line, long stride, long n, bool descending, void *keys); // NULL for other types
  bool (*any_below)(const void *keys, uint64_t threshold);                          // of SORT_BLOCK keys
} sort_keys;

sort_keys sort_keys_of(apus_dtype dtype);

#endif
