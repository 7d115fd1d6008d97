// Steps of optimizers: a parameter and its moments in one pass. Element by element; each result may be the operand of
// its own name.
#ifndef APUS_OPTIMIZER_H
#define APUS_OPTIMIZER_H

#include "apus_types.h"

// What the gradient is taken times, λ of the L2 penalty, and what is kept of the parameter (1 less a decoupled decay).
#define APUS_GRADIENT_COEFFICIENTS float gradient_scale, penalty, kept

typedef struct {
  APUS_GRADIENT_COEFFICIENTS;
  float step_size, momentum, gradient_share;
} apus_sgd_coefficients;

// u <- momentum u + gradient_share g, and along u or, as Nesterov, g + momentum u. Without velocities the step is along
// g.
void apus_sgd_step_f32(long count, bool nesterov, const apus_sgd_coefficients *of, const float *parameter,
                       const float *gradient, const float *velocity, float *next_parameter, float *next_velocity);

typedef struct {
  APUS_GRADIENT_COEFFICIENTS;
  float step_size, root_scale, epsilon;
  float beta1, gradient_share; // m <- beta1 m + gradient_share g
  float beta2, square_share;   // v <- beta2 v + square_share g^2
} apus_adam_coefficients;

// w <- kept w - step_size m / (root_scale sqrt(v) + epsilon). Where there is a largest, it is the largest v so far, and
// the divisor's.
typedef struct {
  const float *parameter, *gradient, *first, *second, *largest;
  float *next_parameter, *next_first, *next_second, *next_largest;
} apus_adam_memory;
void apus_adam_step_f32(long count, const apus_adam_coefficients *of, const apus_adam_memory *memory);

#endif
