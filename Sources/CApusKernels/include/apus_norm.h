// Normalisation: of rows (layer and root-mean-square norm), of groups of channels, and the statistics of channels
// (batch norm).
#ifndef APUS_NORM_H
#define APUS_NORM_H

#include "apus_types.h"

// y[r, k] = (x[r, k] - mean[r]) / sqrt(variance[r] + epsilon) * weight[k] + bias[k] over dense [rows, length]; the mean
// is taken as 0 unless `centered`, and the variance is that of the deviations. weight and bias may be NULL; y may be x.
void apus_norm_rows_f32(bool centered, long rows, long length, float epsilon, const float *x, const float *weight,
                        const float *bias, float *y);

// Bytes of scratch (64-byte aligned), none without the gradients of weight and bias.
size_t apus_norm_rows_gradient_f32_scratch(long rows, long length);
// The gradients of x and, where there is a weight, of weight and bias ([length], summed over rows in an order that the
// sizes alone decide); weight_gradient and bias_gradient may be NULL. dx may be x or g.
void apus_norm_rows_gradient_f32(bool centered, long rows, long length, float epsilon, const float *x, const float *g,
                                 const float *weight, float *dx, float *weight_gradient, float *bias_gradient,
                                 void *scratch);

// Bytes of scratch (64-byte aligned).
size_t apus_norm_groups_f32_scratch(long batch, long positions, long channels);
// y[b, p, c] = (x[b, p, c] - mean[b, group]) / sqrt(variance[b, group] + epsilon) * weight[c] + bias[c] over dense
// [batch, positions, channels], whose channels are divided into `groups` runs; moments are taken over an example's
// positions and a group's channels. weight and bias may be NULL; y may be x.
void apus_norm_groups_f32(long batch, long positions, long channels, long groups, float epsilon, const float *x,
                          const float *weight, const float *bias, float *y, void *scratch);
// Bytes of scratch (64-byte aligned).
size_t apus_norm_groups_gradient_f32_scratch(long batch, long positions, long channels);
// The gradients of x, weight and bias ([channels], summed over examples and positions in an order that the sizes alone
// decide); weight_gradient and bias_gradient may be NULL. dx may be x or g.
void apus_norm_groups_gradient_f32(long batch, long positions, long channels, long groups, float epsilon,
                                   const float *x, const float *g, const float *weight, float *dx,
                                   float *weight_gradient, float *bias_gradient, void *scratch);

// Bytes of scratch (64-byte aligned) of the two below.
size_t apus_channel_scratch(long rows, long channels);
// Mean and variance (divided by the number of rows) of each column of a dense [rows, channels], in one pass over
// memory: moments of blocks of rows, each about the block's own mean, are merged (Chan et al. 1979). NaN of no rows.
void apus_channel_moments_f32(long rows, long channels, const float *x, float *mean, float *variance, void *scratch);
// sum[c] = the sum over rows of g[r, c], product[c] = that of g[r, c] * (x[r, c] - mean[c]).
void apus_channel_products_f32(long rows, long channels, const float *g, const float *x, const float *mean, float *sum,
                               float *product, void *scratch);

#endif
