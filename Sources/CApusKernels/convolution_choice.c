#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "winograd_private.h"

// Which convolutions go through Winograd's transforms: those of 3 x 3 without
// steps whose estimated time is the shortest, by sizes alone. APUS_CONV=direct
// keeps all from it, APUS_CONV=winograd takes all that can.

typedef enum { AUTOMATIC, DIRECT, WINOGRAD } preference;

// -1 until the first question. Two threads that ask at once find the same.
static atomic_int preferred = -1;

static preference current_preference(void) {
  int known = atomic_load_explicit(&preferred, memory_order_relaxed);
  if (known < 0) {
    const char *wanted = getenv("APUS_CONV");
    known = AUTOMATIC;
    if (wanted && strcmp(wanted, "direct") == 0) known = DIRECT;
    if (wanted && strcmp(wanted, "winograd") == 0) known = WINOGRAD;
    atomic_store_explicit(&preferred, known, memory_order_relaxed);
  }
  return (preference)known;
}

static bool can(const apus_convolution_shape *s) {
  const bool known = s->kernel_h == s->kernel_w && (s->kernel_h == 3 || s->kernel_h == 5);
  return known && s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 && s->dilation_w == 1 &&
         s->base_dilation_h == 1 && s->base_dilation_w == 1 &&
         s->batch * s->out_h * s->out_w * s->in_channels * s->out_channels > 0;
}

// What the transforms of one vector of channels cost, in multiply-adds of such vectors: as measured, their loads and
// stores included.
typedef struct {
  long out, side;
  double input, output, weights;
} transform_costs;

// And a tile by itself, whatever its channels: finding its pixels, and setting out on its products.
#define TILE_COST 400

static transform_costs costs_of(apus_winograd_kind kind) {
  if (kind == APUS_WINOGRAD_4_3) return (transform_costs){4, 6, 240, 170, 110};
  if (kind == APUS_WINOGRAD_2_3) return (transform_costs){2, 4, 80, 60, 50};
  return (transform_costs){2, 6, 240, 110, 170};
}

static double vectors(long channels) { return (double)apus_ceiling_divide(channels, APUS_WINOGRAD_LANES); }

static double cost(const apus_convolution_shape *s, apus_winograd_kind kind, bool gradient) {
  const transform_costs costs = costs_of(kind);
  // Narrow vectors need more instructions for the transforms, and have too few registers for them.
  const double narrow = apus_isa_current() == APUS_ISA_AVX512 ? 1 : 1.6;
  const double tiles = (double)apus_winograd_tiles_of(s, costs.out).count, inputs = (double)s->in_channels;
  // The gradient's last transform is needed for each chunk of tiles.
  const double passes = gradient ? 1 + tiles / 128 : 1;
  const double transforms = tiles * vectors(s->in_channels) * costs.input +
                            tiles * vectors(s->out_channels) * costs.output +
                            passes * inputs * vectors(s->out_channels) * costs.weights;
  return tiles * TILE_COST + narrow * transforms +
         tiles * (double)(costs.side * costs.side) * inputs * vectors(s->out_channels);
}

static double direct_cost(const apus_convolution_shape *s) {
  return (double)(s->batch * s->out_h * s->out_w * s->kernel_h * s->kernel_w * s->in_channels) *
         vectors(s->out_channels);
}

static apus_winograd_kind choose(const apus_convolution_shape *s, bool gradient) {
  const preference preference = current_preference();
  if (preference == DIRECT || !can(s)) return APUS_WINOGRAD_NONE;
  apus_winograd_kind best = APUS_WINOGRAD_2_5;
  if (s->kernel_h == 3) {
    const bool is_4 = cost(s, APUS_WINOGRAD_4_3, gradient) <= cost(s, APUS_WINOGRAD_2_3, gradient);
    best = is_4 ? APUS_WINOGRAD_4_3 : APUS_WINOGRAD_2_3;
  }
  // A smaller gain is not worth the rounding.
  const double worthwhile = 0.75 * direct_cost(s);
  return preference == WINOGRAD || cost(s, best, gradient) < worthwhile ? best : APUS_WINOGRAD_NONE;
}

apus_winograd_kind apus_winograd_choice(const apus_convolution_shape *shape) { return choose(shape, false); }

apus_winograd_kind apus_winograd_weight_gradient_choice(const apus_convolution_shape *shape) {
  return choose(shape, true);
}
