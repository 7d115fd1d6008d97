// The micro-kernel that matrix products and convolutions share, and the other per-instruction-set pieces around it.
//
// A tile is a small block of C, a few rows high and one vector panel wide, kept in registers while the sum runs over k:
//
//   C[i][j] (+)= sum over k of A(i, k) * B(k, j)
//
// k runs through `segments` of `length` steps each. In segment s A(i, k) is a[a_offset[s] + i * a_row + k * a_step], so
// rows of a matrix, columns of a matrix, and the pixels and taps of a convolution are all read where they lie. B is
// read as whole vectors: b[(b_offset[s] + k) * b_step + j] for j below the panel's width, all of which must be
// readable.
#ifndef APUS_TILE_PRIVATE_H
#define APUS_TILE_PRIVATE_H

#include "apus_types.h"
#include "isa_private.h"

static inline long apus_ceiling_divide(long a, long b) { return (a + b - 1) / b; }
static inline long apus_smaller(long a, long b) { return a < b ? a : b; }
static inline long apus_larger(long a, long b) { return a > b ? a : b; }

typedef struct {
  const float *a;
  long a_row, a_step;
  const float *b;
  long b_step;
  long segments, length;
  const long *a_offset, *b_offset; // may be NULL when there is one segment, or none
  float *c;
  long c_row;
  long columns;    // those of the panel that exist: only they are read and written in C and bias
  bool accumulate; // adds to C instead of overwriting it
  bool relu;       // applied last
  // NULL for what there is none of.
  const float *scale;    // what the columns are multiplied by
  const float *bias;     // added to the columns
  const float *residual; // added to C, and as far from row to row
} apus_tile;

typedef void (*apus_tile_function)(const apus_tile *tile);

#define APUS_TILE_MAX_ROWS 14
#define APUS_TILE_MAX_PANELS 3
#define APUS_PANEL_MAX_WIDTH 32

// Micro-kernels for one panel width: functions[rows - 1].
typedef struct {
  int width, max_rows;
  apus_tile_function functions[APUS_TILE_MAX_ROWS];
} apus_tile_panel;

typedef struct {
  int panel_count;
  apus_tile_panel panels[APUS_TILE_MAX_PANELS]; // the widest first
  // Copies B(k, j), at b[k * b_row + j * b_column], to packed[k * width + j] for k < inner and j < columns <= width,
  // and zeros up to the width.
  void (*pack_panel)(long inner, long columns, const float *b, long b_row, long b_column, int width, float *packed);
  // destination[j * destination_row + i] = source[i * source_row + j] for i < rows and j < columns.
  void (*transpose)(long rows, long columns, const float *source, long source_row, float *destination,
                    long destination_row);
  // C(0, j) = sum over k of x[k] * w[j * w_row + k] for j < count.
  void (*dots)(long inner, long count, const float *x, const float *w, long w_row, float *c);
  // c[j] = sum over k of x[k * x_step] * w[k * w_row + j] for j < count, or adds it to c.
  void (*combine)(long inner, long count, const float *x, long x_step, const float *w, long w_row, bool accumulate,
                  float *c);
  // c = activation(c * scale + bias + residual), row by row; the epilogue's arrays begin where c does.
  void (*finish)(long rows, long columns, long c_row, float *c, const apus_epilogue *epilogue);
  // destination[i] += source[i]
  void (*add)(long count, const float *source, float *destination);
  double (*measure_peak)(void);
} apus_tile_kernels;

extern const apus_tile_kernels apus_tile_kernels_baseline, apus_tile_kernels_avx2, apus_tile_kernels_avx512;

static inline const apus_tile_kernels *apus_tile_kernels_current(void) { return APUS_FOR_ISA(&apus_tile_kernels); }

// The epilogue for a part of the result that begins `column` columns and `offset` elements in.
static inline apus_epilogue apus_epilogue_at(const apus_epilogue *whole, long column, long offset) {
  apus_epilogue part = *whole;
  if (part.scale) part.scale += column;
  if (part.bias) part.bias += column;
  if (part.residual) part.residual += offset;
  if (part.before) part.before += offset;
  return part;
}

// For the measurement of the peak, compiled once.
double apus_tile_seconds(void);
void apus_tile_keep(float value); // does nothing, but the compiler cannot know

// The narrowest panel that holds `columns`, or the widest.
static inline const apus_tile_panel *apus_tile_panel_for(const apus_tile_kernels *kernels, long columns) {
  int best = 0;
  while (best + 1 < kernels->panel_count && kernels->panels[best + 1].width >= columns) best++;
  return &kernels->panels[best];
}

// A run of rows is cut into tiles of nearly equal height: a short last tile would be a slow one. The same cut divides
// other things evenly.
typedef struct {
  long pieces, each, larger; // the first `larger` pieces are larger by one
} apus_cut;

static inline apus_cut apus_cut_into(long count, long pieces) {
  return (apus_cut){pieces, count / pieces, count % pieces};
}
static inline apus_cut apus_cut_tiles(long rows, long max_rows) {
  return apus_cut_into(rows, apus_ceiling_divide(rows, max_rows));
}
static inline long apus_cut_begin(const apus_cut *cut, long index) {
  return cut->each * index + apus_smaller(index, cut->larger);
}
static inline long apus_piece_begin(long count, long pieces, long index) {
  const apus_cut cut = apus_cut_into(count, pieces);
  return apus_cut_begin(&cut, index);
}

#endif
