// Softmax cross-entropy on integer labels.
#ifndef APUS_LOSS_H
#define APUS_LOSS_H

#include "apus_types.h"

// loss[r] = log sum_k exp(logits[r, k]) - logits[r, label[r]], shifted by the row's maximum. A label outside
// 0 ..< classes gives a loss of 0 (that is how an ignored index is written).
void apus_cross_entropy_f32(long rows, long classes, const float *logits, const int32_t *labels, float *loss);
// gradient[r, k] = cotangent[r] * (softmax(logits[r])[k] - (k == label[r])), 0 for a label outside the range.
void apus_cross_entropy_gradient_f32(long rows, long classes, const float *logits, const int32_t *labels,
                                     const float *cotangent, float *gradient);

#endif
