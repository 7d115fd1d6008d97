// Shared by gather and scatter: batch positions turned into offsets, a block of them at a time, and windows as few
// dimensions as they can be.
#ifndef APUS_INDEX_PRIVATE_H
#define APUS_INDEX_PRIVATE_H

#include "apus_index.h"

typedef struct {
  long n, operand, window; // length and strides, in elements
} index_dimension;

typedef struct {
  const apus_index_shape *shape;
  const int32_t *indices;
  bool clamps;
  // The batch axes, merged where all strides allow it; there is at least one.
  int batch_rank;
  struct {
    long n, index, operand, window;
  } batch[APUS_MAX_RANK];
  long positions; // of the batch
  // The window's axes, merged, the last one the row; there is at least one.
  int window_rank;
  index_dimension window[APUS_MAX_RANK];
  long window_elements;
} index_plan;

enum { INDEX_BLOCK = 256 };

// Where the windows of some batch positions start, those left out not among them.
typedef struct {
  long count;
  long operand[INDEX_BLOCK], window[INDEX_BLOCK];
} index_block;

// False when there is nothing to do.
bool index_plan_make(index_plan *plan, const apus_index_shape *shape, const int32_t *indices, bool clamps);

// Which windows count: those with (start >> shift & mask) == value. Stretches of starts are dealt out in turn, since
// often the lowest indices are the most frequent ones.
typedef struct {
  int shift;
  long mask, value;
} index_share;

static const index_share index_share_all = {0, 0, 0};

// The windows of batch positions begin ..< begin + count, count at most INDEX_BLOCK.
void index_block_fill(const index_plan *plan, long begin, long count, index_share share, index_block *block);

static inline long index_least(long a, long b) { return a < b ? a : b; }
static inline long index_most(long a, long b) { return a > b ? a : b; }

#endif
