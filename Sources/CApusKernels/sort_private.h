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

// Sorts few numbers, no two of them equal: each goes where the count of smaller ones says.
void sort_by_rank(long n, const uint64_t *numbers, uint64_t *sorted);

#endif
