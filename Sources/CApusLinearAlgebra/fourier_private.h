// Plans, and which kernels run them.
#ifndef APUS_FOURIER_PRIVATE_H
#define APUS_FOURIER_PRIVATE_H

#include "apus_fourier.h"

// One pass of a mixed-radix transform: `count` groups of `radix` numbers. The twiddle factors are those of output j > 0
// of group p at [(j - 1) * count + p].
typedef struct {
  size_t radix, count;
  const void *re, *im;
} fourier_stage;

struct apus_fourier_plan {
  size_t size;   // of the transform
  size_t length; // of the complex transform it is made of: size, or half of it
  bool real;
  int stages;
  fourier_stage stage[64];
  // exp(-2 pi i k / size) for k <= length / 2, where a real transform of an even size is half a complex one.
  const void *half_re, *half_im;
  // Bluestein's: a transform of a good length, the chirp, and the transform of its conjugate.
  struct apus_fourier_plan *convolution;
  const void *chirp_re, *chirp_im, *spectrum_re, *spectrum_im;
  void *memory; // holds all of the tables
};

typedef struct {
  // Forward transforms of lanes in step, in split form: re, im [length, lanes]. The scratch is as large as both, and
  // for Bluestein's four times that of the convolution.
  void (*run_f32)(const apus_fourier_plan *, size_t lanes, float *re, float *im, float *scratch);
  void (*run_f64)(const apus_fourier_plan *, size_t lanes, double *re, double *im, double *scratch);
  void (*complex_f32)(const apus_fourier_plan *, bool, size_t, size_t, float, const float *, float *);
  void (*complex_f64)(const apus_fourier_plan *, bool, size_t, size_t, double, const double *, double *);
  void (*real_f32)(const apus_fourier_plan *, size_t, size_t, float, const float *, float *);
  void (*real_f64)(const apus_fourier_plan *, size_t, size_t, double, const double *, double *);
  void (*inverse_real_f32)(const apus_fourier_plan *, size_t, size_t, float, const float *, float *);
  void (*inverse_real_f64)(const apus_fourier_plan *, size_t, size_t, double, const double *, double *);
} fourier_kernels;

const fourier_kernels *fourier_kernels_for_cpu(void);

// Memory that is aligned for vectors; stops the program when there is none. Freed by `free`.
void *fourier_allocate(size_t bytes);

// In numbers, for `lanes` transforms: re, im and the scratch of a run.
static inline size_t fourier_workspace(const apus_fourier_plan *plan, size_t lanes) {
  size_t scratch = plan->convolution != NULL ? 4 * plan->convolution->length : 2 * plan->length;
  return (2 * plan->length + scratch) * lanes;
}

// How many transforms are done in step. Neighbours along the inner axis fill a vector, but where one transform fills
// the caches no more are taken than share a cache line. Lines that lie one after the other are worth the turning round
// only while they are short.
static inline size_t fourier_lanes(const apus_fourier_plan *plan, size_t outer, size_t inner) {
  if (inner == 1) return outer >= 8 && plan->length <= 8 ? 8 : 1;
  size_t most = plan->length <= 65536 ? 8 : 4;
  return inner < most ? inner : most;
}

// Where the lines that are transformed in step lie in an array [outer, length, inner], in numbers (a pair is one).
typedef struct {
  size_t lanes, start;
  size_t step;   // from line to line
  size_t stride; // along a line
} fourier_lines;

// A walk over all lines of the input, [outer, length_in, inner], and of the output.
typedef struct {
  const apus_fourier_plan *plan;
  size_t outer, inner, length_in, length_out, done;
} fourier_walk;

static inline fourier_lines fourier_place(const fourier_walk *walk, size_t length, size_t lanes) {
  size_t inner = walk->inner, start = walk->done / inner * length * inner + walk->done % inner;
  return (fourier_lines){lanes, start, inner == 1 ? length : 1, inner};
}

// The next lines; false when there are no more.
static inline bool fourier_next(fourier_walk *walk, fourier_lines *from, fourier_lines *to) {
  size_t left = walk->outer * walk->inner - walk->done;
  if (left == 0) return false;
  size_t lanes = fourier_lanes(walk->plan, walk->outer, walk->inner);
  if (walk->inner > 1) {
    size_t rest = walk->inner - walk->done % walk->inner;
    if (lanes > rest) lanes = rest;
  } else if (lanes > left) {
    lanes = 1;
  }
  *from = fourier_place(walk, walk->length_in, lanes);
  *to = fourier_place(walk, walk->length_out, lanes);
  walk->done += lanes;
  return true;
}

#endif
