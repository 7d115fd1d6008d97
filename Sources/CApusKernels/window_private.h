// The quick paths of pooling: float32 windows over at most two neighbouring dimensions, without dilation.
#ifndef APUS_WINDOW_PRIVATE_H
#define APUS_WINDOW_PRIVATE_H

#include "apus_window.h"

// The array as [batch, height, width, channels], whatever its rank was.
typedef struct {
  long batch, in_h, in_w, channels, out_h, out_w;
  long window_h, window_w, stride_h, stride_w, pad_top, pad_left;
} pool_shape;

// False when the windows are of another kind.
bool pool_shape_of(const apus_window_shape *shape, pool_shape *pool);

// Room on the stack for rows of one image, in floats.
enum { POOL_ROW_FLOATS = 16384 };

static inline long pool_least(long a, long b) { return a < b ? a : b; }
static inline long pool_most(long a, long b) { return a > b ? a : b; }

// Whether the quick paths' row buffers suffice.
bool pool_forward_fits(const pool_shape *pool);
void pool_forward_f32(apus_reduction reduction, const pool_shape *pool, const float *x, float *y);
void pool_gradient_f32(bool maximum, const pool_shape *pool, const float *x, const float *source, float *dx);

#endif
