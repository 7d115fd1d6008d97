// Errors of the 3 x 3 and 5 x 5 convolutions in the layers of known networks: the direct kernel and both of Winograd's,
// against sums in double precision. See measure-convolution-error.sh.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "winograd_private.h"

typedef struct {
  const char *network;
  long batch, side, inputs, outputs, taps;
} layer;

static const layer layers[] = {
    {"ResNet-18, 32 × 32", 4, 32, 64, 64, 3},
    {"ResNet-18, 32 × 32", 4, 16, 128, 128, 3},
    {"ResNet-18, 32 × 32", 4, 8, 256, 256, 3},
    {"ResNet-18, 32 × 32", 4, 4, 512, 512, 3},
    {"ResNet-18, 224 × 224", 1, 56, 64, 64, 3},
    {"ResNet-18, 224 × 224", 1, 28, 128, 128, 3},
    {"ResNet-18, 224 × 224", 1, 14, 256, 256, 3},
    {"ResNet-18, 224 × 224", 1, 7, 512, 512, 3},
    {"VGG-16", 1, 224, 3, 64, 3},
    {"VGG-16", 1, 112, 64, 128, 3},
    {"VGG-16", 1, 56, 128, 256, 3},
    {"VGG-16", 1, 28, 256, 512, 3},
    {"VGG-16", 1, 14, 512, 512, 3},
    {"AlexNet", 1, 27, 64, 192, 5},
    {"AlexNet", 1, 13, 192, 384, 3},
    {"AlexNet", 1, 13, 384, 256, 3},
    {"AlexNet", 1, 13, 256, 256, 3},
};

static uint64_t state;

// Normally distributed, after Box and Muller.
static float normal(void) {
  double uniform[2];
  for (int i = 0; i < 2; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    uniform[i] = ((double)(state >> 11) + 0.5) * 0x1p-53;
  }
  return (float)(sqrt(-2 * log(uniform[0])) * cos(2 * 3.14159265358979323846 * uniform[1]));
}

static float *draw(long count) {
  float *values = malloc((size_t)count * sizeof(float));
  for (long i = 0; i < count; i++) values[i] = normal();
  return values;
}

// For each pair of a pixel of x and one of y that a tap brings together.
#define FOR_ALL_TAPS(body)                                                                                             \
  for (long b = 0; b < s->batch; b++)                                                                                  \
    for (long oy = 0; oy < s->out_h; oy++)                                                                             \
      for (long ox = 0; ox < s->out_w; ox++)                                                                           \
        for (long tap = 0; tap < s->kernel_h * s->kernel_w; tap++) {                                                   \
          const long row = oy + tap / s->kernel_w - s->pad_top, column = ox + tap % s->kernel_w - s->pad_left;         \
          if (row < 0 || row >= s->in_h || column < 0 || column >= s->in_w) continue;                                  \
          const float *pixel = x + ((b * s->in_h + row) * s->in_w + column) * s->in_channels;                          \
          const long out = ((b * s->out_h + oy) * s->out_w + ox) * s->out_channels;                                    \
          for (long i = 0; i < s->in_channels; i++)                                                                    \
            for (long o = 0; o < s->out_channels; o++) body;                                                           \
        }

static void exact_forward(const apus_convolution_shape *s, const float *x, const float *w, double *y) {
  FOR_ALL_TAPS(y[out + o] += (double)pixel[i] * (double)w[(tap * s->in_channels + i) * s->out_channels + o])
}

static void exact_gradient(const apus_convolution_shape *s, const float *x, const float *dy, double *dw) {
  FOR_ALL_TAPS(dw[(tap * s->in_channels + i) * s->out_channels + o] += (double)pixel[i] * (double)dy[out + o])
}

// Root mean square and largest error, by the root mean square of the exact values.
static void print_error(const float *values, const double *exact, long count) {
  double error = 0, size = 0, largest = 0;
  for (long i = 0; i < count; i++) {
    const double difference = fabs((double)values[i] - exact[i]);
    error += difference * difference;
    size += exact[i] * exact[i];
    if (difference > largest) largest = difference;
  }
  printf(" %.1f · %.0f |", 1e7 * sqrt(error / size), 1e7 * largest / sqrt(size / (double)count));
  fflush(stdout);
}

static void measure(const layer *l, bool gradient) {
  state = 1;
  const apus_convolution_shape shape = {
      .batch = l->batch,
      .in_h = l->side,
      .in_w = l->side,
      .in_channels = l->inputs,
      .out_h = l->side,
      .out_w = l->side,
      .out_channels = l->outputs,
      .kernel_h = l->taps,
      .kernel_w = l->taps,
      .stride_h = 1,
      .stride_w = 1,
      .pad_top = l->taps / 2,
      .pad_left = l->taps / 2,
      .dilation_h = 1,
      .dilation_w = 1,
      .base_dilation_h = 1,
      .base_dilation_w = 1,
      .w_row = l->taps * l->inputs * l->outputs,
      .w_column = l->inputs * l->outputs,
      .w_input = l->outputs,
      .w_output = 1,
      .x_pixel = l->inputs,
      .y_pixel = l->outputs,
      .groups = 1,
  };
  const apus_convolution_shape *s = &shape;
  const long pixels = l->batch * l->side * l->side, weights = l->taps * l->taps * l->inputs * l->outputs;
  const long count = gradient ? weights : pixels * l->outputs;
  float *x = draw(pixels * l->inputs), *other = draw(gradient ? pixels * l->outputs : weights);
  float *result = malloc((size_t)count * sizeof(float));
  double *exact = calloc((size_t)count, sizeof(double));
  gradient ? exact_gradient(s, x, other, exact) : exact_forward(s, x, other, exact);
  static const apus_winograd_kind of_3[] = {APUS_WINOGRAD_NONE, APUS_WINOGRAD_2_3, APUS_WINOGRAD_4_3};
  static const apus_winograd_kind of_5[] = {APUS_WINOGRAD_NONE, APUS_WINOGRAD_2_5};
  for (int i = 0; i < (l->taps == 3 ? 3 : 2); i++) {
    const apus_winograd_kind kind = (l->taps == 3 ? of_3 : of_5)[i];
    size_t bytes;
    if (gradient) {
      bytes = kind ? apus_winograd_weight_gradient_scratch(s, kind) : apus_convolution_weight_gradient_f32_scratch(s);
    } else {
      bytes = kind ? apus_winograd_scratch(s, kind) : apus_convolution_f32_scratch(s);
    }
    void *scratch = aligned_alloc(64, bytes + 64 - bytes % 64);
    if (gradient && kind) apus_winograd_weight_gradient(s, kind, x, other, result, scratch);
    if (gradient && !kind) apus_convolution_weight_gradient_f32(s, x, other, result, scratch);
    if (!gradient && kind) apus_winograd(s, kind, x, other, result, NULL, scratch);
    if (!gradient && !kind) apus_convolution_f32(s, x, other, result, NULL, scratch);
    print_error(result, exact, count);
    free(scratch);
  }
  if (l->taps == 5) printf(" – |");
  free(x), free(other), free(result), free(exact);
}

int main(void) {
  // What apus_convolution_f32 does by itself shall be the direct kernel.
  setenv("APUS_CONV", "direct", 1);
  printf(
      "# Rounding of convolutions\n\n"
      "Winograd's transforms (see `winograd_private.h`) round otherwise than the direct sum. Below, the error against "
      "sums in\ndouble precision for normally distributed operands, in 10⁻⁷ of the results' root mean square: root "
      "mean square ·\nlargest. float32 has a unit of 1.2 · 10⁻⁷. The gradient of the data is the forward pass with "
      "inputs and outputs exchanged.\n\n"
      "F(4×4) of 3 × 3 and F(2×2) of 5 × 5 interpolate at 0, ±2/3, ±3/2 and infinity: forward their error is 0.7 to "
      "1.9 "
      "times\nthat of the direct sum where they are used; with the usual points 0, ±1, ±2 it would be four times. The "
      "direct gradient of\nthe weights sums by rows of pixels and is far below the unit, the transformed one is some "
      "units. `APUS_CONV=direct` keeps\nall convolutions from both. An infinity or NaN in x reaches the whole tile of "
      "outputs.\n\n"
      "`Scripts/measure-convolution-error.sh` prints this table (instruction set: %s).\n\n"
      "| layer | batch, side, channels, kernel | direct | F(2×2) | F(4×4) | gradient of weights: direct | F(2×2) | "
      "F(4×4) |\n"
      "|---|---|---|---|---|---|---|---|\n",
      apus_isa_name(apus_isa_current()));
  for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
    const layer *l = &layers[i];
    printf("| %s | %ld, %ld², %ld → %ld, %ld × %ld |", l->network, l->batch, l->side, l->inputs, l->outputs, l->taps,
           l->taps);
    measure(l, false);
    measure(l, true);
    printf("\n");
  }
}
