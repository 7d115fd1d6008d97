// The loops that the elementwise machine's kernels are made of, for bodies compiled per instruction set.
#ifndef APUS_ELEMENTWISE_LOOPS_PRIVATE_H
#define APUS_ELEMENTWISE_LOOPS_PRIVATE_H

#include "elementwise_private.h"
#include "vector_types_private.h"

#define KERNEL(name) static void ISA(name)(long n, void *d, const void *a, const void *b, const void *c)
#define UNUSED_B (void)b
#define UNUSED_C (void)c

// A kernel over one type of operand; x, y, z are the operands' elements and `expression` is of type R.
#define UNARY(name, T, R, expression)                                                                                  \
  KERNEL(name) {                                                                                                       \
    UNUSED_B, UNUSED_C, n &= ~(long)(VM_GROUP - 1);                                                                    \
    R *out = d;                                                                                                        \
    const T *in = a;                                                                                                   \
    ELEMENTWISE_LOOP for (long i = 0; i < n; i++) {                                                                    \
      T x = in[i];                                                                                                     \
      out[i] = (R)(expression);                                                                                        \
    }                                                                                                                  \
  }
#define BINARY(name, T, R, expression)                                                                                 \
  KERNEL(name) {                                                                                                       \
    UNUSED_C, n &= ~(long)(VM_GROUP - 1);                                                                              \
    R *out = d;                                                                                                        \
    const T *left = a, *right = b;                                                                                     \
    ELEMENTWISE_LOOP for (long i = 0; i < n; i++) {                                                                    \
      T x = left[i], y = right[i];                                                                                     \
      out[i] = (R)(expression);                                                                                        \
    }                                                                                                                  \
  }
#define TERNARY(name, A, T, expression)                                                                                \
  KERNEL(name) {                                                                                                       \
    n &= ~(long)(VM_GROUP - 1);                                                                                        \
    T *out = d;                                                                                                        \
    const A *first = a;                                                                                                \
    const T *second = b, *third = c;                                                                                   \
    ELEMENTWISE_LOOP for (long i = 0; i < n; i++) {                                                                    \
      A x = first[i];                                                                                                  \
      T y = second[i], z = third[i];                                                                                   \
      out[i] = (T)(expression);                                                                                        \
    }                                                                                                                  \
  }

#endif
