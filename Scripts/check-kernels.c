// The main kernels against plain loops in double precision, without Swift: for instruction sets that the tests do not
// run on. See check-aarch64.sh.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CApusKernels.h"

static int failures;

static void report(const char *name, double error, double bound, const char *unit) {
  const bool good = error <= bound;
  printf("%-52s %9.2f of %g %s%s\n", name, error, bound, unit, good ? "" : "  FAILED");
  if (!good) failures++;
}

static float *draw(long count) {
  static uint64_t state = 1;
  float *values = malloc((size_t)(count + 1) * sizeof(float));
  for (long i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    values[i] = (float)((double)(state >> 11) * 0x1p-52 - 1);
  }
  return values;
}

static float *blank(long count) { return calloc((size_t)count + 1, sizeof(float)); }
static double *sums(long count) { return calloc((size_t)count + 1, sizeof(double)); }

static void *scratch(size_t bytes) {
  static void *memory;
  free(memory);
  memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
  return memory;
}

// The largest error in units of float32 times the largest magnitude.
static void compare(const char *name, long count, const float *values, const double *exact, double bound) {
  double size = 0, error = 0;
  for (long i = 0; i < count; i++) size = fmax(size, fabs(exact[i]));
  for (long i = 0; i < count; i++) error = fmax(error, fabs((double)values[i] - exact[i]));
  for (long i = 0; i < count; i++) {
    if (values[i] != values[i]) error = INFINITY;
  }
  report(name, size > 0 ? error / (size * 0x1p-23) : error, bound, "units");
}

// MARK: Functions

static double units(float value, double exact) {
  if (isnan(exact)) return isnan(value) ? 0 : INFINITY;
  if (isinf((float)exact) || isinf(value)) return (float)exact == value || fabs(exact) > 3.4028e38 ? 0 : INFINITY;
  int exponent;
  frexp(exact, &exponent);
  const int lowest = -125; // of the normal numbers
  return fabs((double)value - exact) / ldexp(1, (exponent < lowest ? lowest : exponent) - 24);
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }
static double inverse_root(double x) { return 1 / sqrt(x); }

static void check_function(const char *name, apus_vm_op op, double (*exact)(double), double bound) {
  enum { COUNT = 1 << 18 };
  static float x[COUNT], y[COUNT];
  // Every 16,384th float, of both signs, from 0 to infinity.
  for (uint32_t i = 0; i < COUNT; i++) {
    const uint32_t bits = i << 14 | (i * 2654435761u >> 18 & 0x3fff);
    memcpy(x + i, &bits, sizeof bits);
  }
  const apus_vm_input input = {APUS_F32, {1}};
  const apus_vm_output output = {1, APUS_F32};
  const apus_vm_instruction instruction = {.op = (uint8_t)op, .type = APUS_F32, .result_type = APUS_F32, .d = 1};
  const apus_vm_program program = {1, {COUNT}, 1, 1, 1, 2, &input, &output, &instruction};
  apus_vm_run(&program, (const void *[]){x}, (void *[]){y}, NULL);
  double worst = 0;
  for (long i = 0; i < COUNT; i++) worst = fmax(worst, units(y[i], exact((double)x[i])));
  report(name, worst, bound, "units in the last place");
}

static void check_functions(void) {
  check_function("exp", APUS_VM_EXP, exp, 2);
  check_function("expm1", APUS_VM_EXPM1, expm1, 4);
  check_function("log", APUS_VM_LOG, log, 2);
  check_function("log1p", APUS_VM_LOG1P, log1p, 4);
  check_function("tanh", APUS_VM_TANH, tanh, 4);
  check_function("logistic", APUS_VM_LOGISTIC, logistic, 4);
  check_function("erf", APUS_VM_ERF, erf, 4);
  check_function("erfc", APUS_VM_ERFC, erfc, 6);
  check_function("sqrt", APUS_VM_SQRT, sqrt, 0.5);
  check_function("rsqrt", APUS_VM_RSQRT, inverse_root, 2);
  check_function("floor", APUS_VM_FLOOR, floor, 0);
  check_function("ceil", APUS_VM_CEIL, ceil, 0);
  check_function("round", APUS_VM_ROUND, rint, 0);
}

// MARK: Products

static void check_product(long batch, long rows, long columns, long inner, bool a_turned, bool b_turned) {
  const apus_matmul_shape s = {.batch = batch,
                               .rows = rows,
                               .columns = columns,
                               .inner = inner,
                               .a_batch = rows * inner,
                               .a_row = a_turned ? 1 : inner,
                               .a_column = a_turned ? rows : 1,
                               .b_batch = inner * columns,
                               .b_row = b_turned ? 1 : columns,
                               .b_column = b_turned ? inner : 1};
  float *a = draw(batch * rows * inner), *b = draw(batch * inner * columns), *c = blank(batch * rows * columns);
  float *bias = draw(columns);
  const apus_epilogue epilogue = {.bias = bias, .activation = APUS_ACTIVATION_RELU};
  apus_matmul_f32(&s, a, b, c, &epilogue, scratch(apus_matmul_f32_scratch(&s)));
  double *exact = sums(batch * rows * columns);
  for (long n = 0; n < batch; n++)
    for (long i = 0; i < rows; i++)
      for (long j = 0; j < columns; j++) {
        double sum = (double)bias[j];
        for (long p = 0; p < inner; p++)
          sum += (double)a[n * s.a_batch + i * s.a_row + p * s.a_column] *
                 (double)b[n * s.b_batch + p * s.b_row + j * s.b_column];
        exact[(n * rows + i) * columns + j] = sum > 0 ? sum : 0;
      }
  char name[100];
  snprintf(name, sizeof name, "product %ld: %ld x %ld x %ld%s%s", batch, rows, inner, columns,
           a_turned ? ", A turned" : "", b_turned ? ", B turned" : "");
  compare(name, batch * rows * columns, c, exact, 8);
  free(a), free(b), free(c), free(bias), free(exact);
}

static void check_products(void) {
  const long sizes[][4] = {{1, 64, 64, 64},  {1, 130, 97, 301}, {3, 17, 33, 20}, {1, 1, 300, 200},
                           {1, 200, 1, 300}, {1, 32, 512, 128}, {1, 3, 5, 1}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int turned = 0; turned < 4; turned++)
      check_product(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], turned & 1, turned & 2);
}

// MARK: Convolutions

// For each pair of a pixel of x and one of y that a tap brings together.
#define FOR_ALL_TAPS(body)                                                                                             \
  for (long n = 0; n < s->batch; n++)                                                                                  \
    for (long oy = 0; oy < s->out_h; oy++)                                                                             \
      for (long ox = 0; ox < s->out_w; ox++)                                                                           \
        for (long ky = 0; ky < s->kernel_h; ky++)                                                                      \
          for (long kx = 0; kx < s->kernel_w; kx++) {                                                                  \
            const long row = oy * s->stride_h + ky - s->pad_top, column = ox * s->stride_w + kx - s->pad_left;         \
            if (row < 0 || row >= s->in_h || column < 0 || column >= s->in_w) continue;                                \
            const long in = s->in_channels / s->groups, out = s->out_channels / s->groups;                             \
            for (long o = 0; o < s->out_channels; o++)                                                                 \
              for (long i = 0; i < in; i++) {                                                                          \
                const long at_x = ((n * s->in_h + row) * s->in_w + column) * s->in_channels + o / out * in + i;        \
                const long at_w = ky * s->w_row + kx * s->w_column + i * s->w_input + o * s->w_output;                 \
                const long at_y = ((n * s->out_h + oy) * s->out_w + ox) * s->out_channels + o;                         \
                body;                                                                                                  \
              }                                                                                                        \
          }

static void check_convolution(const char *what, long batch, long side, long inputs, long outputs, long taps,
                              long stride, long groups) {
  const long pad = taps / 2, out_side = (side + 2 * pad - taps) / stride + 1, group_inputs = inputs / groups;
  const apus_convolution_shape shape = {.batch = batch,
                                        .in_h = side,
                                        .in_w = side,
                                        .in_channels = inputs,
                                        .out_h = out_side,
                                        .out_w = out_side,
                                        .out_channels = outputs,
                                        .kernel_h = taps,
                                        .kernel_w = taps,
                                        .stride_h = stride,
                                        .stride_w = stride,
                                        .pad_top = pad,
                                        .pad_left = pad,
                                        .dilation_h = 1,
                                        .dilation_w = 1,
                                        .base_dilation_h = 1,
                                        .base_dilation_w = 1,
                                        .w_row = taps * group_inputs * outputs,
                                        .w_column = group_inputs * outputs,
                                        .w_input = outputs,
                                        .w_output = 1,
                                        .x_pixel = inputs,
                                        .y_pixel = outputs,
                                        .groups = groups};
  const apus_convolution_shape *s = &shape;
  const long x_count = batch * side * side * inputs, y_count = batch * out_side * out_side * outputs;
  const long w_count = taps * taps * group_inputs * outputs;
  float *x = draw(x_count), *w = draw(w_count), *dy = draw(y_count), *y = blank(y_count), *dw = blank(w_count);
  double *exact_y = sums(y_count), *exact_dw = sums(w_count);
  FOR_ALL_TAPS({
    exact_y[at_y] += (double)x[at_x] * (double)w[at_w];
    exact_dw[at_w] += (double)x[at_x] * (double)dy[at_y];
  })
  apus_convolution_f32(s, x, w, y, NULL, scratch(apus_convolution_f32_scratch(s)));
  apus_convolution_weight_gradient_f32(s, x, dy, dw, scratch(apus_convolution_weight_gradient_f32_scratch(s)));
  char name[100];
  snprintf(name, sizeof name, "convolution, %s", what);
  compare(name, y_count, y, exact_y, 40);
  snprintf(name, sizeof name, "its gradient of weights, %s", what);
  compare(name, w_count, dw, exact_dw, 40);
  free(x), free(w), free(dy), free(y), free(dw), free(exact_y), free(exact_dw);
}

static void check_convolutions(void) {
  check_convolution("3 x 3", 2, 16, 32, 48, 3, 1, 1);
  check_convolution("3 x 3, odd sizes", 1, 13, 35, 21, 3, 1, 1);
  check_convolution("3 x 3 in steps", 2, 15, 20, 40, 3, 2, 1);
  check_convolution("1 x 1", 2, 9, 40, 33, 1, 1, 1);
  check_convolution("1 x 1 in steps", 2, 9, 40, 33, 1, 2, 1);
  check_convolution("5 x 5", 1, 13, 32, 48, 5, 1, 1);
  check_convolution("7 x 7 in steps, of colours", 1, 32, 3, 64, 7, 2, 1);
  check_convolution("in groups", 2, 10, 32, 64, 3, 1, 4);
  check_convolution("of single channels", 2, 14, 70, 70, 3, 1, 70);
  check_convolution("of single channels in steps", 2, 14, 70, 70, 3, 2, 70);
}

// MARK: Rows

static void check_rows(long rows, long length) {
  float *x = draw(rows * length), *g = draw(rows * length), *y = blank(rows * length);
  float *weight = draw(length), *bias = draw(length), *weight_gradient = blank(length), *bias_gradient = blank(length);
  double *soft = sums(rows * length), *norm = sums(rows * length), *dx = sums(rows * length), *dw = sums(length);
  const double epsilon = 1e-5, n = (double)length;
  for (long r = 0; r < rows; r++) {
    const float *row = x + r * length;
    double total = 0, mean = 0, variance = 0, slope = 0, product = 0;
    for (long k = 0; k < length; k++) total += exp((double)row[k]), mean += (double)row[k] / n;
    for (long k = 0; k < length; k++) variance += ((double)row[k] - mean) * ((double)row[k] - mean) / n;
    const double scale = 1 / sqrt(variance + epsilon);
    for (long k = 0; k < length; k++) {
      const long i = r * length + k;
      const double value = ((double)row[k] - mean) * scale, cotangent = (double)g[i] * (double)weight[k];
      soft[i] = exp((double)row[k]) / total;
      norm[i] = value * (double)weight[k] + (double)bias[k];
      dw[k] += (double)g[i] * value;
      slope += cotangent / n, product += cotangent * value / n;
    }
    for (long k = 0; k < length; k++) {
      const long i = r * length + k;
      const double value = ((double)row[k] - mean) * scale;
      dx[i] = ((double)g[i] * (double)weight[k] - slope - value * product) * scale;
    }
  }
  char name[100];
  apus_softmax_f32(false, rows, length, x, y);
  snprintf(name, sizeof name, "softmax %ld x %ld", rows, length);
  compare(name, rows * length, y, soft, 4);
  apus_norm_rows_f32(true, rows, length, (float)epsilon, x, weight, bias, y);
  snprintf(name, sizeof name, "layer norm %ld x %ld", rows, length);
  compare(name, rows * length, y, norm, 4);
  apus_norm_rows_gradient_f32(true, rows, length, (float)epsilon, x, g, weight, y, weight_gradient, bias_gradient,
                              scratch(apus_norm_rows_gradient_f32_scratch(rows, length)));
  snprintf(name, sizeof name, "layer norm gradient %ld x %ld", rows, length);
  compare(name, rows * length, y, dx, 8);
  compare("  of its weight", length, weight_gradient, dw, 8);
  free(x), free(g), free(y), free(weight), free(bias), free(weight_gradient), free(bias_gradient);
  free(soft), free(norm), free(dx), free(dw);
}

static void check_groups(long batch, long positions, long channels, long groups) {
  const long count = batch * positions * channels, each = channels / groups;
  float *x = draw(count), *y = blank(count);
  double *exact = sums(count);
  for (long b = 0; b < batch; b++)
    for (long group = 0; group < groups; group++) {
      double mean = 0, variance = 0;
      const double n = (double)(positions * each);
#define FOR_GROUP                                                                                                      \
  for (long p = 0; p < positions; p++)                                                                                 \
    for (long i = (b * positions + p) * channels + group * each, end = i + each; i < end; i++)
      FOR_GROUP mean += (double)x[i] / n;
      FOR_GROUP variance += ((double)x[i] - mean) * ((double)x[i] - mean) / n;
      FOR_GROUP exact[i] = ((double)x[i] - mean) / sqrt(variance + 1e-5);
    }
  apus_norm_groups_f32(batch, positions, channels, groups, 1e-5f, x, NULL, NULL, y,
                       scratch(apus_norm_groups_f32_scratch(batch, positions, channels)));
  compare("group norm", count, y, exact, 4);
  free(x), free(y), free(exact);
}

static void check_reduction(long outer, long reduced, long inner) {
  float *x = draw(outer * reduced * inner), *y = blank(outer * inner);
  double *sum = sums(outer * inner), *most = sums(outer * inner);
  int32_t *places = calloc((size_t)(outer * inner), sizeof(int32_t)), wrong = 0;
  for (long o = 0; o < outer; o++)
    for (long i = 0; i < inner; i++) {
      most[o * inner + i] = -INFINITY;
      for (long r = 0; r < reduced; r++) {
        const double value = (double)x[(o * reduced + r) * inner + i];
        sum[o * inner + i] += value;
        most[o * inner + i] = fmax(most[o * inner + i], value);
      }
    }
  void *memory = scratch(apus_reduce_scratch(APUS_F32, outer, reduced, inner));
  char name[100];
  snprintf(name, sizeof name, "sum [%ld, %ld, %ld]", outer, reduced, inner);
  apus_reduce(APUS_REDUCE_SUM, APUS_F32, outer, reduced, inner, x, y, memory);
  compare(name, outer * inner, y, sum, 16);
  apus_reduce(APUS_REDUCE_MAX, APUS_F32, outer, reduced, inner, x, y, memory);
  compare("  maximum", outer * inner, y, most, 0);
  apus_arg_reduce(true, APUS_F32, outer, reduced, inner, x, places);
  for (long o = 0; o < outer; o++)
    for (long i = 0; i < inner; i++)
      wrong += (double)x[(o * reduced + places[o * inner + i]) * inner + i] != most[o * inner + i];
  report("  place of the maximum", wrong, 0, "wrong");
  free(x), free(y), free(sum), free(most), free(places);
}

// What an elementwise program computes, stores and reduces, and an input that it reduces as it lies.
static void check_reducing_program(long outer, long middle, long inner) {
  const long count = outer * middle * inner;
  float *x = draw(count), *squares = blank(count), *y = blank(outer * inner), *z = blank(outer * inner);
  double *sum = sums(outer * inner), *most = sums(outer * inner), *exact = sums(count);
  for (long o = 0; o < outer; o++)
    for (long i = 0; i < inner; i++) {
      most[o * inner + i] = -INFINITY;
      for (long m = 0; m < middle; m++) {
        const long at = (o * middle + m) * inner + i;
        exact[at] = (double)x[at] * (double)x[at];
        sum[o * inner + i] += exact[at];
        most[o * inner + i] = fmax(most[o * inner + i], (double)x[at]);
      }
    }
  const apus_vm_input input = {APUS_F32, {1}};
  const apus_vm_output output = {1, APUS_F32};
  const apus_vm_instruction square = {.op = APUS_VM_MULTIPLY, .type = APUS_F32, .d = 1};
  const apus_vm_reduced reduced[] = {{1, APUS_F32, APUS_REDUCE_SUM}, {0, APUS_F32, APUS_REDUCE_MAX}};
  apus_vm_program program = {1, {count}, 1, 0, 1, 2, &input, &output, &square, 2, reduced, outer, middle, inner};
  char name[100];
  for (int stores = 0; stores < 2; stores++) {
    program.output_count = stores;
    void *const results[] = {squares, y, z};
    apus_vm_run(&program, (const void *[]){x}, results + 1 - stores, scratch(apus_vm_scratch(&program)));
    snprintf(name, sizeof name, "squares%s summed [%ld, %ld, %ld]", stores ? " stored and" : "", outer, middle, inner);
    compare(name, outer * inner, y, sum, 16);
    compare("  maximum of the input", outer * inner, z, most, 0);
  }
  compare("  squares", count, squares, exact, 0.5);
  free(x), free(squares), free(y), free(z), free(sum), free(most), free(exact);
}

// MARK: Attention

static void check_attention(void) {
  enum { TIME = 37, HEADS = 2, SIZE = 20 };
  const apus_attention_strides strides = {TIME * HEADS * SIZE, HEADS * SIZE, SIZE};
  const apus_attention_shape s = {.batch = 1,
                                  .heads = HEADS,
                                  .key_heads = HEADS,
                                  .query_time = TIME,
                                  .key_time = TIME,
                                  .head_size = SIZE,
                                  .value_size = SIZE,
                                  .q = strides,
                                  .k = strides,
                                  .v = strides,
                                  .scale = 0.25f,
                                  .causal = true};
  const long count = TIME * HEADS * SIZE;
  float *q = draw(count), *k = draw(count), *v = draw(count), *out = blank(count), *log_sum = blank(TIME * HEADS);
  double *exact = sums(count);
  for (long h = 0; h < HEADS; h++)
    for (long i = 0; i < TIME; i++) {
      double scores[TIME], total = 0;
      for (long j = 0; j <= i; j++) {
        double score = 0;
        for (long d = 0; d < SIZE; d++)
          score += (double)q[(i * HEADS + h) * SIZE + d] * (double)k[(j * HEADS + h) * SIZE + d];
        scores[j] = exp(0.25 * score);
        total += scores[j];
      }
      for (long j = 0; j <= i; j++)
        for (long d = 0; d < SIZE; d++)
          exact[(i * HEADS + h) * SIZE + d] += scores[j] / total * (double)v[(j * HEADS + h) * SIZE + d];
    }
  apus_attention_f32(&s, q, k, v, NULL, out, log_sum, scratch(apus_attention_f32_scratch(&s)));
  compare("attention, causal", count, out, exact, 8);
  free(q), free(k), free(v), free(out), free(log_sum), free(exact);
}

// MARK: Threads

static void check_threads(void) {
  const apus_matmul_shape s = {
      .batch = 1, .rows = 200, .columns = 300, .inner = 150, .a_row = 150, .a_column = 1, .b_row = 300, .b_column = 1};
  const long count = 200 * 300;
  float *a = draw(200 * 150), *b = draw(150 * 300), *one = blank(count), *four = blank(count);
  apus_pool_set_threads(1);
  apus_matmul_f32(&s, a, b, one, NULL, scratch(apus_matmul_f32_scratch(&s)));
  apus_pool_set_threads(4);
  int differences = 0;
  for (int round = 0; round < 50; round++) {
    apus_matmul_f32(&s, a, b, four, NULL, scratch(apus_matmul_f32_scratch(&s)));
    differences += memcmp(one, four, (size_t)count * sizeof(float)) != 0;
  }
  report("four threads against one", differences, 0, "products with other bits");
  free(a), free(b), free(one), free(four);
}

int main(void) {
  printf("instruction set: %s\n", apus_isa_name(apus_isa_current()));
  check_functions();
  check_products();
  check_convolutions();
  const long lengths[] = {1, 15, 16, 33, 70, 2100};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    if (lengths[i] > 1) check_rows(6, lengths[i]);
    check_reduction(5, lengths[i], 1);
    check_reduction(2, 37, lengths[i]);
  }
  const long extents[][3] = {{40, 16, 1}, {6000, 7, 1}, {9, 4096, 1}, {3, 9001, 1}, {1, 70001, 1}, {1, 9000, 3},
                             {1, 50, 70}, {1, 9, 2048}, {3, 700, 6},  {2, 64, 64},  {1, 1, 1},     {1, 40000, 1}};
  for (size_t i = 0; i < sizeof extents / sizeof *extents; i++)
    check_reducing_program(extents[i][0], extents[i][1], extents[i][2]);
  check_groups(2, 81, 70, 7);
  check_groups(9, 16, 6, 3);
  check_attention();
  check_threads();
  printf(failures ? "%d checks failed\n" : "all checks passed\n", failures);
  return failures > 0;
}
