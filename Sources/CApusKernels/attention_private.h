// What the forward pass and the gradient of attention share.
#ifndef APUS_ATTENTION_PRIVATE_H
#define APUS_ATTENTION_PRIVATE_H

#include "apus_attention.h"
#include "tile_private.h"

enum {
  KEY_TILE = 256,  // keys of a tile: a multiple of every panel's width
  QUERY_TILE = 28, // queries of a tile: few, since of a causal tile on the diagonal half is in vain
};

// What the row kernels are told of the mask, at the first key of a row's tile.
typedef struct {
  apus_mask_kind kind;
  const void *at;
  long step;
} attention_mask;

static inline attention_mask attention_mask_at(const apus_attention_shape *s, const void *mask, long b, long h, long i,
                                               long j) {
  const long offset = b * s->mask_batch + h * s->mask_head + i * s->mask_query + j * s->mask_key;
  const void *at = s->mask_kind == APUS_MASK_BOOL ? (const void *)((const uint8_t *)mask + offset)
                                                  : (const void *)((const float *)mask + offset);
  return (attention_mask){s->mask_kind, s->mask_kind == APUS_MASK_NONE ? NULL : at, s->mask_key};
}

// How many of the keys from `first` on query i sees, at most `count`.
static inline long attention_visible(const apus_attention_shape *s, long i, long first, long count) {
  if (!s->causal) return count;
  return apus_larger(0, apus_smaller(count, i + 1 - first));
}

// Room for a matrix of `columns` packed in panels.
static inline long attention_packed(long inner, long columns) {
  return inner * apus_ceiling_divide(columns, APUS_PANEL_MAX_WIDTH) * APUS_PANEL_MAX_WIDTH;
}

// B as panels, one behind the other.
typedef struct {
  const apus_tile_panel *panel;
  long inner, columns;
  float *packed;
} attention_panels;

static inline attention_panels attention_pack(const apus_tile_kernels *kernels, long inner, long columns,
                                              const float *b, long b_row, long b_column, float *packed) {
  const apus_tile_panel *panel = apus_tile_panel_for(kernels, columns);
  for (long j = 0; j < columns; j += panel->width) {
    const long count = apus_smaller(panel->width, columns - j);
    kernels->pack_panel(inner, count, b + j * b_column, b_row, b_column, panel->width, packed + j * inner);
  }
  return (attention_panels){panel, inner, columns, packed};
}

// Columns up to the end of a panel: scores have room for them, and whole panels are the faster ones.
static inline long attention_whole(const attention_panels *b, long columns) {
  return apus_ceiling_divide(columns, b->panel->width) * b->panel->width;
}

// C[rows, columns] (+)= A B over the first `inner` of B's rows and the first `columns` of its columns.
static inline void attention_product(long rows, long columns, long inner, const float *a, long a_row, long a_step,
                                     const attention_panels *b, bool accumulate, float *c, long c_row) {
  const apus_tile_panel *panel = b->panel;
  const apus_cut cut = apus_cut_tiles(rows, panel->max_rows);
  for (long j = 0; j < columns; j += panel->width) {
    for (long piece = 0; piece < cut.pieces; piece++) {
      const long begin = apus_cut_begin(&cut, piece), end = apus_cut_begin(&cut, piece + 1);
      const apus_tile tile = {
          .a = a + begin * a_row,
          .a_row = a_row,
          .a_step = a_step,
          .b = b->packed + j * b->inner,
          .b_step = panel->width,
          .segments = 1,
          .length = inner,
          .c = c + begin * c_row + j,
          .c_row = c_row,
          .columns = apus_smaller(panel->width, columns - j),
          .accumulate = accumulate,
      };
      panel->functions[end - begin - 1](&tile);
    }
  }
}

#endif
