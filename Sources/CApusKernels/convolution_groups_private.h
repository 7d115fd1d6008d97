// Convolutions with kernels of their own: of groups of channels, and of a single tap.
#ifndef APUS_CONVOLUTION_GROUPS_PRIVATE_H
#define APUS_CONVOLUTION_GROUPS_PRIVATE_H

#include "convolution_private.h"

size_t apus_convolution_groups_scratch(const apus_convolution_shape *shape);
void apus_convolution_groups(const apus_convolution_shape *shape, const float *x, const float *w, float *y,
                             const apus_epilogue *epilogue, void *scratch);
size_t apus_convolution_groups_weight_gradient_scratch(const apus_convolution_shape *shape);
void apus_convolution_groups_weight_gradient(const apus_convolution_shape *shape, const float *x, const float *dy,
                                             float *dw, void *scratch);

// Groups of one input and one output: each channel by itself.
static inline bool apus_is_depthwise(const apus_convolution_shape *shape) {
  return shape->groups > 1 && shape->groups == shape->in_channels && shape->groups == shape->out_channels;
}
size_t apus_depthwise_scratch(const apus_convolution_shape *shape);
void apus_depthwise(const apus_convolution_shape *shape, const float *x, const float *w, float *y,
                    const apus_epilogue *epilogue, void *scratch);
size_t apus_depthwise_weight_gradient_scratch(const apus_convolution_shape *shape);
void apus_depthwise_weight_gradient(const apus_convolution_shape *shape, const float *x, const float *dy, float *dw,
                                    void *scratch);

// A single tap: the gradient of its weights as a matrix product.
bool apus_is_pointwise(const apus_convolution_shape *shape);
size_t apus_pointwise_weight_gradient_scratch(const apus_convolution_shape *shape);
void apus_pointwise_weight_gradient(const apus_convolution_shape *shape, const float *x, const float *dy, float *dw,
                                    void *scratch);

#endif
