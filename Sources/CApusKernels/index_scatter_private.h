// What scatter does with a row of updates, for each kind and type.
#ifndef APUS_INDEX_SCATTER_PRIVATE_H
#define APUS_INDEX_SCATTER_PRIVATE_H

#include "index_private.h"

typedef struct {
  // operand[i * to] op= updates[i * from]
  void (*row)(long n, const void *updates, long from, void *operand, long to);
  // The same for windows of one element.
  void (*elements)(const index_block *block, const void *updates, void *operand);
} scatter_kernels;

// Ends the program where there is no such operation on the type.
scatter_kernels scatter_kernels_of(apus_scatter_kind kind, apus_dtype dtype);

#endif
