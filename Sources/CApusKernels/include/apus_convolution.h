// Convolution (cross-correlation), channels last: x [batch, height, width, channels].
#ifndef APUS_CONVOLUTION_H
#define APUS_CONVOLUTION_H

#include "apus_types.h"

// y[b, oy, ox, o] = sum over ky, kx, i of
//   X(b, oy * stride_h + ky * dilation_h - pad_top, ox * stride_w + kx * dilation_w - pad_left, i) * W(ky', kx', i, o)
// where X is x with (base_dilation - 1) zeros between neighbours in height and width, and zero outside;
// ky' = flip ? kernel_h - 1 - ky : ky, likewise kx'; W(ky, kx, i, o) is
// w[ky * w_row + kx * w_column + i * w_input + o * w_output], so the gradient of the data reads the same weights with
// the roles of inputs and outputs exchanged.
typedef struct {
  long batch, in_h, in_w, in_channels;
  long out_h, out_w, out_channels;
  long kernel_h, kernel_w;
  long stride_h, stride_w;
  long pad_top, pad_left;                // may be negative; what lies below and right follows from the output's size
  long dilation_h, dilation_w;           // of the kernel
  long base_dilation_h, base_dilation_w; // of x
  bool flip;
  long w_row, w_column, w_input, w_output; // strides of w in elements
  long x_pixel, y_pixel;                   // floats from a pixel to the next: at least its channels
  // Groups of channels, each convolved by itself: inputs i in_channels / groups in all, outputs out_channels / groups.
  // Then W has inputs of one group only, and all outputs.
  long groups;
} apus_convolution_shape;

// Scratch in bytes, 64-byte aligned, as for the matrix product. Bits do not depend on the number of threads.
size_t apus_convolution_f32_scratch(const apus_convolution_shape *shape);
void apus_convolution_f32(const apus_convolution_shape *shape, const float *x, const float *w, float *y,
                          const apus_epilogue *epilogue, void *scratch);

// Gradient of the weights: for the forward shape (base_dilation 1, flip false), with dy like y:
// dW(ky, kx, i, o) = sum over b, oy, ox of X(b, oy * stride_h + ky * dilation_h - pad_top, ..., i) * dy[b, oy, ox, o],
// written through the strides w_row ... w_output.
size_t apus_convolution_weight_gradient_f32_scratch(const apus_convolution_shape *shape);
void apus_convolution_weight_gradient_f32(const apus_convolution_shape *shape, const float *x, const float *dy,
                                          float *dw, void *scratch);

// Any convolution that StableHLO can say, any float type, by plain loops: the fallback. Arrays are given by strides in
// the order (batch, feature, spatial...) for x, (out feature, in feature, spatial...) for w, (batch, feature,
// spatial...) for y, in elements. y must be dense in some order; every element of it is written once.
typedef struct {
  int spatial_rank; // 0...3
  long batch, in_features, out_features;
  long in_size[3], out_size[3], kernel_size[3];
  long stride[3], pad_low[3], kernel_dilation[3], base_dilation[3];
  bool flip[3];
  long feature_groups, batch_groups; // w has in_features / feature_groups inputs; y has batch / batch_groups batches
  long x_stride[5], w_stride[5], y_stride[5];
} apus_convolution_any_shape;
void apus_convolution_any(apus_dtype dtype, const apus_convolution_any_shape *shape, const void *x, const void *w,
                          void *y);

#endif
