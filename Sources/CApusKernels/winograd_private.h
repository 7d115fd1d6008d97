// Convolutions of 3 x 3 with fewer multiplications: Winograd's minimal filtering, F(4 x 4, 3 x 3) and F(2 x 2, 3 x 3)
// (Lavin and Gray, 2015).
//
// The output is cut into tiles of m x m pixels. A tile comes from n x n pixels of x, n = m + 2. These, the weights and
// the tile are seen through linear transforms, between which the convolution is n * n independent products over
// channels:
//
//   V = B' x B    U = G w G'    M[xi] = V[xi] U[xi] for each of the n * n places xi    y = A' M A
//
// The gradient of the weights reads the same identity the other way round: D = A dy A', dU[xi] = V[xi]' D[xi],
// dw = G' dU G.
#ifndef APUS_WINOGRAD_PRIVATE_H
#define APUS_WINOGRAD_PRIVATE_H

#include "convolution_private.h"

enum { APUS_WINOGRAD_MAX_SIDE = 6, APUS_WINOGRAD_MAX_PLACES = 36, APUS_WINOGRAD_MAX_OUT = 4 };
// Rows of transformed data are padded by a cache line, so that those of different tiles and places do not collide, and
// hold whole vectors.
enum { APUS_WINOGRAD_PADDING = 16, APUS_WINOGRAD_LANES = 16 };

// All transforms take vectors of channels, one after another; the last one may be incomplete: of it only what exists is
// read, but in transformed data it is written whole, with zeros.
typedef struct {
  long out, side, places; // m, n and n * n
  // v[xi * step + c] from the n x n pixels at source[...] + c.
  void (*input)(const float *const *source, long channels, float *v, long step);
  // d[xi * step + c] from the m x m pixels of dy at source[...] + c.
  void (*cotangent)(const float *const *source, long channels, float *d, long step);
  // u[xi * u_step + i] from the taps at w[tap * w_step + i], for i < count. Up to LANES - 1 floats more are read and
  // written.
  void (*weights)(const float *w, long w_step, long count, float *u, long u_step);
  // y[offset[i * m + j] + c] from m[xi * step + c], for offsets that are not negative. Scale, bias, residual (which has
  // y's offsets) and ReLU are done here, other activations are not.
  void (*output)(const float *products, long step, long channels, const long *offset, float *y,
                 const apus_epilogue *epilogue);
  // taps[tap][o] from u[xi * step + o], for o < channels.
  void (*gradient)(const float *u, long step, long channels, float *const *taps);
} apus_winograd_transforms;

// F(4 x 4) and F(2 x 2).
typedef struct {
  apus_winograd_transforms of_4, of_2;
} apus_winograd_kernels;

extern const apus_winograd_kernels apus_winograd_kernels_baseline, apus_winograd_kernels_avx2,
    apus_winograd_kernels_avx512;

static inline const apus_winograd_transforms *apus_winograd_transforms_of(int out) {
  const apus_winograd_kernels *kernels = APUS_FOR_ISA(&apus_winograd_kernels);
  return out == 4 ? &kernels->of_4 : &kernels->of_2;
}

// The tiles of all images, in order.
typedef struct {
  long high, wide, count; // tiles of an image one above the other, side by side, and of all images
} apus_winograd_tiles;

static inline apus_winograd_tiles apus_winograd_tiles_of(const apus_convolution_shape *s, long out) {
  const long high = apus_ceiling_divide(s->out_h, out), wide = apus_ceiling_divide(s->out_w, out);
  return (apus_winograd_tiles){high, wide, s->batch * high * wide};
}

static inline long apus_winograd_row(long channels) {
  return apus_ceiling_divide(channels, APUS_WINOGRAD_LANES) * APUS_WINOGRAD_LANES + APUS_WINOGRAD_PADDING;
}

// Where data of some tiles lie once transformed: place xi of tile t at xi * step + t * row.
typedef struct {
  long row, step;
} apus_winograd_layout;

static inline apus_winograd_layout apus_winograd_layout_of(long tiles, long channels) {
  const long row = apus_winograd_row(channels);
  return (apus_winograd_layout){row, tiles * row + APUS_WINOGRAD_PADDING};
}
static inline size_t apus_winograd_bytes(const apus_winograd_transforms *transforms, apus_winograd_layout layout) {
  return apus_aligned((size_t)(transforms->places * layout.step) * sizeof(float));
}

// V of the tiles begin ..< end: the first lies at v[0]. `zeros` holds zeros for all channels.
void apus_winograd_transform_input(const apus_convolution_shape *shape, const apus_winograd_transforms *transforms,
                                   const float *x, long first_channel, long channels, long begin, long end,
                                   const float *zeros, float *v, apus_winograd_layout layout);

// Whether a convolution is of the kind, and how many outputs a tile should have on a side: 4, 2, or 0 when the direct
// kernels are quicker.
bool apus_winograd_can(const apus_convolution_shape *shape);
int apus_winograd_choice(const apus_convolution_shape *shape);
int apus_winograd_weight_gradient_choice(const apus_convolution_shape *shape);

size_t apus_winograd_scratch(const apus_convolution_shape *shape, int out);
void apus_winograd(const apus_convolution_shape *shape, int out, const float *x, const float *w, float *y,
                   const apus_epilogue *epilogue, void *scratch);
size_t apus_winograd_weight_gradient_scratch(const apus_convolution_shape *shape, int out);
void apus_winograd_weight_gradient(const apus_convolution_shape *shape, int out, const float *x, const float *dy,
                                   float *dw, void *scratch);

#endif
