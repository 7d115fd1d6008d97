// The operations of scatter. They wait for memory: the baseline instruction set has to do.
#include "index_scatter_private.h"
#include "types_private.h"
#include "vector_types_private.h"
#include <stdio.h>
#include <stdlib.h>

// `old` is the operand's element, `x` the update.
#define DEFINE_SCATTER(name, T, expression)                                                                            \
  static void row_##name(long n, const void *updates, long from, void *operand, long to) {                             \
    const T *in = updates;                                                                                             \
    T *out = operand;                                                                                                  \
    if (from == 1 && to == 1) {                                                                                        \
      ELEMENTWISE_LOOP for (long i = 0; i < n; i++) {                                                                  \
        T old = out[i], x = in[i];                                                                                     \
        out[i] = (T)(expression);                                                                                      \
      }                                                                                                                \
      return;                                                                                                          \
    }                                                                                                                  \
    _Pragma("clang loop vectorize(disable)") for (long i = 0; i < n; i++) {                                            \
      T old = out[i * to], x = in[i * from];                                                                           \
      out[i * to] = (T)(expression);                                                                                   \
    }                                                                                                                  \
  }                                                                                                                    \
  static void elements_##name(const index_block *block, const void *updates, void *operand) {                          \
    for (long i = 0; i < block->count; i++) {                                                                          \
      T *at = (T *)operand + block->operand[i];                                                                        \
      T old = *at, x = ((const T *)updates)[block->window[i]];                                                         \
      *at = (T)(expression);                                                                                           \
    }                                                                                                                  \
  }
#define SET(name, T) DEFINE_SCATTER(name, T, ((void)old, x))
#define ARITHMETIC(S, T)                                                                                               \
  DEFINE_SCATTER(add_##S, T, old + x)                                                                                  \
  DEFINE_SCATTER(multiply_##S, T, old *x)
#define EXTREMES(S, T)                                                                                                 \
  DEFINE_SCATTER(min_##S, T, old < x || old != old ? old : x)                                                          \
  DEFINE_SCATTER(max_##S, T, old > x || old != old ? old : x)

// For the types without NaN as for those with.
#pragma clang diagnostic ignored "-Wtautological-compare"
SET(set_1, uint8_t)
SET(set_2, uint16_t)
SET(set_4, uint32_t)
SET(set_8, uint64_t)
// Signed integers are added and multiplied as unsigned ones of their width, which wrap.
ARITHMETIC(u8, uint8_t)
ARITHMETIC(u32, uint32_t)
ARITHMETIC(u64, uint64_t)
ARITHMETIC(f32, float)
ARITHMETIC(f64, double)
EXTREMES(u8, uint8_t)
EXTREMES(i32, int32_t)
EXTREMES(u32, uint32_t)
EXTREMES(i64, int64_t)
EXTREMES(u64, uint64_t)
EXTREMES(f32, float)
EXTREMES(f64, double)

#define KERNELS(name)                                                                                                  \
  { row_##name, elements_##name }
#define ALL_KINDS(arithmetic, extremes, size)                                                                          \
  {                                                                                                                    \
    [APUS_SCATTER_SET] = KERNELS(set_##size), [APUS_SCATTER_ADD] = KERNELS(add_##arithmetic),                          \
    [APUS_SCATTER_MULTIPLY] = KERNELS(multiply_##arithmetic), [APUS_SCATTER_MIN] = KERNELS(min_##extremes),            \
    [APUS_SCATTER_MAX] = KERNELS(max_##extremes)                                                                       \
  }
#define ONLY_SET(size)                                                                                                 \
  { [APUS_SCATTER_SET] = KERNELS(set_##size) }

scatter_kernels scatter_kernels_of(apus_scatter_kind kind, apus_dtype dtype) {
  static const scatter_kernels table[APUS_DTYPE_COUNT][APUS_SCATTER_MAX + 1] = {
      [APUS_BOOL] = {[APUS_SCATTER_SET] = KERNELS(set_1),
                     [APUS_SCATTER_ADD] = KERNELS(max_u8),
                     [APUS_SCATTER_MULTIPLY] = KERNELS(min_u8),
                     [APUS_SCATTER_MIN] = KERNELS(min_u8),
                     [APUS_SCATTER_MAX] = KERNELS(max_u8)},
      [APUS_U8] = ALL_KINDS(u8, u8, 1),
      [APUS_I32] = ALL_KINDS(u32, i32, 4),
      [APUS_U32] = ALL_KINDS(u32, u32, 4),
      [APUS_I64] = ALL_KINDS(u64, i64, 8),
      [APUS_U64] = ALL_KINDS(u64, u64, 8),
      [APUS_F32] = ALL_KINDS(f32, f32, 4),
      [APUS_F64] = ALL_KINDS(f64, f64, 8),
      [APUS_I8] = ONLY_SET(1),
      [APUS_I16] = ONLY_SET(2),
      [APUS_U16] = ONLY_SET(2),
      [APUS_F16] = ONLY_SET(2),
      [APUS_BF16] = ONLY_SET(2),
  };
  bool known = (unsigned)kind <= APUS_SCATTER_MAX && (unsigned)dtype < APUS_DTYPE_COUNT;
  if (known && table[dtype][kind].row) return table[dtype][kind];
  fprintf(stderr, "apus_scatter: no such operation on this type (operation %d, type %d)\n", kind, dtype);
  abort();
}
