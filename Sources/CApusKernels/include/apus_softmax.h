// Softmax and its relatives over the rows of a dense [rows, length].
#ifndef APUS_SOFTMAX_H
#define APUS_SOFTMAX_H

#include "apus_types.h"

// y = exp(x - max) / sum of these, or the logarithm of that. A row of -infinity alone, or with infinity, is NaN. y may
// be x.
void apus_softmax_f32(bool logarithm, long rows, long length, const float *x, float *y);
// The gradient from the result y: y (g - sum of g y), or of the logarithm g - exp(y) sum of g. dx may be y or g.
void apus_softmax_gradient_f32(bool logarithm, long rows, long length, const float *y, const float *g, float *dx);
// y[r] = log of the sum of exp(x[r, k]): -infinity over -infinity alone and over nothing.
void apus_log_sum_exp_f32(long rows, long length, const float *x, float *y);

#endif
