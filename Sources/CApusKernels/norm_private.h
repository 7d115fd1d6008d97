// Statistics of channels in parts, which batch norm and group norm put together.
#ifndef APUS_NORM_PRIVATE_H
#define APUS_NORM_PRIVATE_H

// Of the columns begin ..< end of some rows of `channels`: without g each one's mean and sum of squared deviations,
// with g the sums of g and of g * (x - mean).
void apus_channel_strip(long rows, long channels, long begin, long end, const float *g, const float *x,
                        const float *mean, float *first, float *second);
// What chunks of rows have, as `parts` [chunks, 2, channels], put together in order.
void apus_channel_join_moments(long rows, long chunk, long channels, const float *parts, float *mean, float *squares);
void apus_channel_join_products(long chunks, long channels, const float *parts, float *sum, float *product);

#endif
