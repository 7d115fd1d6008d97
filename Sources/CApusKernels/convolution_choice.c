#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "winograd_private.h"

// Which convolutions go through Winograd's transforms: those of 3 x 3 without steps whose estimated time is the
// shortest, by sizes alone. APUS_CONV=direct keeps all from it, APUS_CONV=winograd takes all that can.

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

bool apus_winograd_can(const apus_convolution_shape *s) {
  return s->kernel_h == 3 && s->kernel_w == 3 && s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 &&
         s->dilation_w == 1 && s->base_dilation_h == 1 && s->base_dilation_w == 1 &&
         s->batch * s->out_h * s->out_w * s->in_channels * s->out_channels > 0;
}

// What the transforms of one vector of channels cost, in multiply-adds of such vectors: as measured, their loads and
// stores included.
typedef struct {
  double input, output, weights;
} transform_costs;
static const transform_costs costs_of_4 = {180, 150, 110}, costs_of_2 = {60, 50, 50};

static double vectors(long channels) { return (double)apus_ceiling_divide(channels, APUS_WINOGRAD_LANES); }

static double winograd_cost(const apus_convolution_shape *s, int out) {
  const transform_costs costs = out == 4 ? costs_of_4 : costs_of_2;
  const double tiles = (double)apus_winograd_tiles_of(s, out).count, places = (double)((out + 2) * (out + 2));
  const double inputs = (double)s->in_channels;
  return tiles * places * inputs * vectors(s->out_channels) + tiles * vectors(s->in_channels) * costs.input +
         tiles * vectors(s->out_channels) * costs.output + inputs * vectors(s->out_channels) * costs.weights;
}

static double direct_cost(const apus_convolution_shape *s) {
  return (double)(s->batch * s->out_h * s->out_w * 9 * s->in_channels) * vectors(s->out_channels);
}

// The gradient's last transform is needed once for each chunk of tiles, at least once.
static double weight_gradient_cost(const apus_convolution_shape *s, int out) {
  const transform_costs costs = out == 4 ? costs_of_4 : costs_of_2;
  const double tiles = (double)apus_winograd_tiles_of(s, out).count, places = (double)((out + 2) * (out + 2));
  const double inputs = (double)s->in_channels;
  return tiles * places * inputs * vectors(s->out_channels) + tiles * vectors(s->in_channels) * costs.input +
         tiles * vectors(s->out_channels) * costs.output +
         inputs * vectors(s->out_channels) * costs.weights * (1 + tiles / 128);
}

static int choose(const apus_convolution_shape *s, double (*cost)(const apus_convolution_shape *, int)) {
  const preference preference = current_preference();
  if (preference == DIRECT || !apus_winograd_can(s)) return 0;
  const double of_4 = cost(s, 4), of_2 = cost(s, 2);
  const int best = of_4 <= of_2 ? 4 : 2;
  // Less than this is not worth the rounding.
  const double worthwhile = 0.85 * direct_cost(s);
  return preference == WINOGRAD || (best == 4 ? of_4 : of_2) < worthwhile ? best : 0;
}

int apus_winograd_choice(const apus_convolution_shape *shape) { return choose(shape, winograd_cost); }

int apus_winograd_weight_gradient_choice(const apus_convolution_shape *shape) {
  return choose(shape, weight_gradient_cost);
}
