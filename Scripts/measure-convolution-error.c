// Errors of the 3 x 3 convolutions in the layers of known networks: the direct kernel and both of Winograd's, against
// sums in double precision. See measure-convolution-error.sh.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "winograd_private.h"

typedef struct {
  const char *network;
  long batch, side, inputs, outputs;
} layer;

static const layer layers[] = {
    {"ResNet-18, 32 × 32", 4, 32, 64, 64},
    {"ResNet-18, 32 × 32", 4, 16, 128, 128},
    {"ResNet-18, 32 × 32", 4, 8, 256, 256},
    {"ResNet-18, 32 × 32", 4, 4, 512, 512},
    {"ResNet-18, 224 × 224", 1, 56, 64, 64},
    {"ResNet-18, 224 × 224", 1, 28, 128, 128},
    {"ResNet-18, 224 × 224", 1, 14, 256, 256},
    {"ResNet-18, 224 × 224", 1, 7, 512, 512},
    {"VGG-16", 1, 224, 3, 64},
    {"VGG-16", 1, 112, 64, 128},
    {"VGG-16", 1, 56, 128, 256},
    {"VGG-16", 1, 28, 256, 512},
    {"VGG-16", 1, 14, 512, 512},
    {"AlexNet", 1, 13, 192, 384},
    {"AlexNet", 1, 13, 384, 256},
    {"AlexNet", 1, 13, 256, 256},
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
        for (long tap = 0; tap < 9; tap++) {                                                                           \
          const long row = oy + tap / 3 - 1, column = ox + tap % 3 - 1;                                                \
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
      .kernel_h = 3,
      .kernel_w = 3,
      .stride_h = 1,
      .stride_w = 1,
      .pad_top = 1,
      .pad_left = 1,
      .dilation_h = 1,
      .dilation_w = 1,
      .base_dilation_h = 1,
      .base_dilation_w = 1,
      .w_row = 3 * l->inputs * l->outputs,
      .w_column = l->inputs * l->outputs,
      .w_input = l->outputs,
      .w_output = 1,
      .x_pixel = l->inputs,
      .y_pixel = l->outputs,
      .groups = 1,
  };
  const apus_convolution_shape *s = &shape;
  const long pixels = l->batch * l->side * l->side, weights = 9 * l->inputs * l->outputs;
  const long count = gradient ? weights : pixels * l->outputs;
  float *x = draw(pixels * l->inputs), *other = draw(gradient ? pixels * l->outputs : weights);
  float *result = malloc((size_t)count * sizeof(float));
  double *exact = calloc((size_t)count, sizeof(double));
  gradient ? exact_gradient(s, x, other, exact) : exact_forward(s, x, other, exact);
  for (int out = 0; out <= 4; out += 2) {
    size_t bytes;
    if (gradient) {
      bytes = out ? apus_winograd_weight_gradient_scratch(s, out) : apus_convolution_weight_gradient_f32_scratch(s);
    } else {
      bytes = out ? apus_winograd_scratch(s, out) : apus_convolution_f32_scratch(s);
    }
    void *scratch = aligned_alloc(64, bytes + 64 - bytes % 64);
    if (gradient && out) apus_winograd_weight_gradient(s, out, x, other, result, scratch);
    if (gradient && !out) apus_convolution_weight_gradient_f32(s, x, other, result, scratch);
    if (!gradient && out) apus_winograd(s, out, x, other, result, NULL, scratch);
    if (!gradient && !out) apus_convolution_f32(s, x, other, result, NULL, scratch);
    print_error(result, exact, count);
    free(scratch);
  }
  free(x), free(other), free(result), free(exact);
}

int main(void) {
  // What apus_convolution_f32 does by itself shall be the direct kernel.
  setenv("APUS_CONV", "direct", 1);
  printf(
      "# Rounding of 3 × 3 convolutions\n\n"
      "Winograd's transforms (see `winograd_private.h`) round otherwise than the direct sum. Below, the error against "
      "sums in\ndouble precision for normally distributed operands, in 10⁻⁷ of the results' root mean square: root "
      "mean square ·\nlargest. float32 has a unit of 1.2 · 10⁻⁷. The gradient of the data is the forward pass with "
      "inputs and outputs exchanged.\n\n"
      "F(4×4) interpolates at 0, ±2/3, ±3/2 and infinity: forward its error is 0.7 to 1.8 times that of the direct "
      "sum where it is\nused, with the usual 0, ±1, ±2 it would be four times. The direct gradient of the weights "
      "sums by rows of pixels and is\nfar below the unit; the transformed one is some units. "
      "`APUS_CONV=direct` keeps all convolutions from both. An infinity or\nNaN in x reaches the whole tile of "
      "outputs.\n\n"
      "`Scripts/measure-convolution-error.sh` prints this file (instruction set: %s).\n\n"
      "| layer | batch, side, channels | direct | F(2×2) | F(4×4) | gradient of weights: direct | F(2×2) | F(4×4) |\n"
      "|---|---|---|---|---|---|---|---|\n",
      apus_isa_name(apus_isa_current()));
  for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
    const layer *l = &layers[i];
    printf("| %s | %ld, %ld², %ld → %ld |", l->network, l->batch, l->side, l->inputs, l->outputs);
    measure(l, false);
    measure(l, true);
    printf("\n");
  }
}
