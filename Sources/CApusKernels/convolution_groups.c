#include <string.h>

#include "convolution_groups_private.h"

// Groups of channels one after another, each by the kernels for all channels, which step over the other groups'.
// Narrow groups are taken several at a time, with zeros for the weights between them: half of a vector's work in vain
// is quicker than most of its lanes empty.

// The narrowest vectors of outputs that pay.
#define FEWEST_OUTPUTS 16

typedef struct {
  long inputs, outputs; // of a group
  long merged, blocks;  // groups at a time, and how many times
} plan;

static plan make_plan(const apus_convolution_shape *s) {
  plan p = {.inputs = s->in_channels / s->groups, .outputs = s->out_channels / s->groups};
  p.merged = apus_smaller(s->groups, apus_ceiling_divide(FEWEST_OUTPUTS, apus_larger(1, p.outputs)));
  p.blocks = apus_ceiling_divide(s->groups, p.merged);
  return p;
}

static long groups_in(const apus_convolution_shape *s, const plan *p, long block) {
  return apus_smaller(p->merged, s->groups - block * p->merged);
}

// The convolution of some groups as one of all its channels.
static apus_convolution_shape part_of(const apus_convolution_shape *s, const plan *p, long groups) {
  apus_convolution_shape part = *s;
  part.groups = 1;
  part.in_channels = groups * p->inputs;
  part.out_channels = groups * p->outputs;
  if (p->merged > 1) {
    part.w_output = 1;
    part.w_input = part.out_channels;
    part.w_column = part.in_channels * part.w_input;
    part.w_row = s->kernel_w * part.w_column;
  }
  return part;
}

static size_t merged_floats(const apus_convolution_shape *s, const plan *p) {
  if (p->merged == 1) return 0;
  return (size_t)(s->kernel_h * s->kernel_w * p->merged * p->inputs * p->merged * p->outputs);
}

// Where a group's weight is: among all weights, and among those of a block.
#define FOR_EACH_WEIGHT(s, p, part, groups, body)                                                                      \
  for (long ky = 0; ky < (s)->kernel_h; ky++) {                                                                        \
    for (long kx = 0; kx < (s)->kernel_w; kx++) {                                                                      \
      for (long group = 0; group < (groups); group++) {                                                                \
        for (long i = 0; i < (p)->inputs; i++) {                                                                       \
          for (long o = 0; o < (p)->outputs; o++) {                                                                    \
            const long all =                                                                                           \
                ky * (s)->w_row + kx * (s)->w_column + i * (s)->w_input + (group * (p)->outputs + o) * (s)->w_output;  \
            const long merged = ky * (part)->w_row + kx * (part)->w_column +                                           \
                                (group * (p)->inputs + i) * (part)->w_input + group * (p)->outputs + o;                \
            body;                                                                                                      \
          }                                                                                                            \
        }                                                                                                              \
      }                                                                                                                \
    }                                                                                                                  \
  }

size_t apus_convolution_groups_scratch(const apus_convolution_shape *s) {
  const plan p = make_plan(s);
  size_t most = 0;
  for (long block = 0; block < p.blocks; block += apus_larger(1, p.blocks - 1)) {
    const apus_convolution_shape part = part_of(s, &p, groups_in(s, &p, block));
    const size_t bytes = apus_convolution_f32_scratch(&part);
    if (bytes > most) most = bytes;
  }
  return apus_aligned(merged_floats(s, &p) * sizeof(float)) + most;
}

void apus_convolution_groups(const apus_convolution_shape *s, const float *x, const float *w, float *y,
                             const apus_epilogue *epilogue, void *scratch) {
  const plan p = make_plan(s);
  const size_t floats = merged_floats(s, &p);
  float *merged_weights = scratch;
  void *rest = (char *)scratch + apus_aligned(floats * sizeof(float));
  for (long block = 0; block < p.blocks; block++) {
    const long first = block * p.merged, groups = groups_in(s, &p, block);
    const apus_convolution_shape part = part_of(s, &p, groups);
    const float *weights = w + first * p.outputs * s->w_output;
    if (p.merged > 1) {
      memset(merged_weights, 0, floats * sizeof(float));
      FOR_EACH_WEIGHT(s, &p, &part, groups, merged_weights[merged] = weights[all])
      weights = merged_weights;
    }
    apus_epilogue part_epilogue = {0};
    if (epilogue) part_epilogue = apus_epilogue_at(epilogue, first * p.outputs, first * p.outputs);
    apus_convolution_f32(&part, x + first * p.inputs, weights, y + first * p.outputs, epilogue ? &part_epilogue : NULL,
                         rest);
  }
}

size_t apus_convolution_groups_weight_gradient_scratch(const apus_convolution_shape *s) {
  const plan p = make_plan(s);
  size_t most = 0;
  for (long block = 0; block < p.blocks; block += apus_larger(1, p.blocks - 1)) {
    const apus_convolution_shape part = part_of(s, &p, groups_in(s, &p, block));
    const size_t bytes = apus_convolution_weight_gradient_f32_scratch(&part);
    if (bytes > most) most = bytes;
  }
  return apus_aligned(merged_floats(s, &p) * sizeof(float)) + most;
}

void apus_convolution_groups_weight_gradient(const apus_convolution_shape *s, const float *x, const float *dy,
                                             float *dw, void *scratch) {
  const plan p = make_plan(s);
  float *merged_gradient = scratch;
  void *rest = (char *)scratch + apus_aligned(merged_floats(s, &p) * sizeof(float));
  for (long block = 0; block < p.blocks; block++) {
    const long first = block * p.merged, groups = groups_in(s, &p, block);
    const apus_convolution_shape part = part_of(s, &p, groups);
    float *gradient = dw + first * p.outputs * s->w_output;
    apus_convolution_weight_gradient_f32(&part, x + first * p.inputs, dy + first * p.outputs,
                                         p.merged > 1 ? merged_gradient : gradient, rest);
    if (p.merged > 1) FOR_EACH_WEIGHT(s, &p, &part, groups, gradient[all] = merged_gradient[merged])
  }
}
