// Types shared by all kernels.
#ifndef APUS_TYPES_H
#define APUS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APUS_MAX_RANK 8

typedef enum {
  APUS_BOOL = 0, // one byte, 0 or 1
  APUS_U8 = 1,
  APUS_I32 = 2,
  APUS_U32 = 3,
  APUS_I64 = 4,
  APUS_F32 = 5,
  APUS_F64 = 6,
  APUS_I8 = 7,
  APUS_I16 = 8,
  APUS_U16 = 9,
  APUS_U64 = 10,
  APUS_F16 = 11,  // IEEE binary16
  APUS_BF16 = 12, // the upper half of an F32
} apus_dtype;

// Work applied to a result while it is hot: c = activation(c * scale + bias + residual).
typedef enum {
  APUS_ACTIVATION_NONE = 0,
  APUS_ACTIVATION_RELU = 1,
  APUS_ACTIVATION_TANH = 2,
  APUS_ACTIVATION_SIGMOID = 3,
  APUS_ACTIVATION_GELU = 4,      // with the error function
  APUS_ACTIVATION_GELU_TANH = 5, // with its approximation by tanh
  APUS_ACTIVATION_SILU = 6,
} apus_activation;

typedef struct {
  const float *bias; // [columns], or NULL
  apus_activation activation;
  const float *scale;    // [columns], or NULL
  const float *residual; // like the result and as dense, or NULL
  float *before;         // where the value before the activation goes, like the result and as dense, or NULL
} apus_epilogue;

#endif
