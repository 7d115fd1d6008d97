// Shared by the parts of the elementwise machine: its table of kernels and the loading of its inputs.
#ifndef APUS_ELEMENTWISE_PRIVATE_H
#define APUS_ELEMENTWISE_PRIVATE_H

#include "apus_elementwise.h"
#include "types_private.h"

// Kernels work on whole groups of this many elements; the rest of an array goes through padded copies.
#define VM_GROUP 16

// d[i] = op(a[i], b[i], c[i]) for n elements, n a multiple of VM_GROUP. `d` may be an operand when its elements are no
// wider than that operand's.
typedef void (*vm_kernel)(long n, void *d, const void *a, const void *b, const void *c);

typedef struct {
  vm_kernel operation[APUS_VM_COUNT][APUS_DTYPE_COUNT]; // NULL where the pair makes no sense
} vm_kernel_table;

typedef vm_kernel vm_conversion_table[APUS_DTYPE_COUNT][APUS_DTYPE_COUNT]; // [from][to]

const vm_kernel_table *vm_kernels(void);
const vm_conversion_table *vm_conversions(void);

// A strided view in row-major order, with its dimensions merged as far as they go (rank >= 1).
typedef struct {
  const unsigned char *data;
  int size; // of an element
  int rank;
  long shape[APUS_MAX_RANK], stride[APUS_MAX_RANK];
  long block[APUS_MAX_RANK]; // elements in one step of a dimension
} vm_view;

vm_view vm_view_make(const void *data, int size, int rank, const long *shape, const long *strides);

// Loads elements begin ..< begin + count in row-major order. Up to VM_LOAD_SLACK bytes past them may be overwritten.
#define VM_LOAD_SLACK 64
void vm_view_load(const vm_view *view, long begin, long count, void *destination);

// Writes `count` copies of the element at `value`.
void vm_splat(int size, const void *value, long count, void *destination);

#endif
