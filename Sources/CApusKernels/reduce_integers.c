// Reductions of integers and bools. They are rare: the baseline instruction set has to do.
#include "reduce_private.h"
#include "vector_types_private.h"
#include <string.h>

#pragma clang diagnostic ignored "-Wpsabi"

#define ISA(name) name
#define T uint8_t
#define TYPED(name) ISA(name##_u8)
#define LOWEST 0
#define HIGHEST UINT8_MAX
#define UNORDERED(x) false
#include "reduce_typed.inc"

#define T int32_t
#define TYPED(name) ISA(name##_i32)
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#define UNORDERED(x) false
#include "reduce_typed.inc"

#define T uint32_t
#define TYPED(name) ISA(name##_u32)
#define LOWEST 0
#define HIGHEST UINT32_MAX
#define UNORDERED(x) false
#include "reduce_typed.inc"

#define T int64_t
#define TYPED(name) ISA(name##_i64)
#define LOWEST INT64_MIN
#define HIGHEST INT64_MAX
#define UNORDERED(x) false
#include "reduce_typed.inc"

#define T uint64_t
#define TYPED(name) ISA(name##_u64)
#define LOWEST 0
#define HIGHEST UINT64_MAX
#define UNORDERED(x) false
#include "reduce_typed.inc"

// Sums and products wrap, so signed ones are done unsigned.
const reduce_kernels *reduce_integer_kernels(apus_dtype dtype, bool wraps) {
  static const reduce_kernels u8 = {rows_u8, columns_u8, arg_rows_u8}, i32 = {rows_i32, columns_i32, arg_rows_i32},
                              u32 = {rows_u32, columns_u32, arg_rows_u32}, i64 = {rows_i64, columns_i64, arg_rows_i64},
                              u64 = {rows_u64, columns_u64, arg_rows_u64};
  switch (dtype) {
  case APUS_I32:
    return wraps ? &u32 : &i32;
  case APUS_U32:
    return &u32;
  case APUS_I64:
    return wraps ? &u64 : &i64;
  case APUS_U64:
    return &u64;
  default:
    return &u8;
  }
}
