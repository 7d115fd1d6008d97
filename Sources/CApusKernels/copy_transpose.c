// Transposes bands of matrices: 4 by 4 blocks of four-byte elements in registers, all else element by element.
#include "copy_private.h"
#include "vector_types_private.h"

typedef uint32_t u32x4 __attribute__((ext_vector_type(4), aligned(4)));

static void transpose_4x4(const uint32_t *source, long column_stride, uint32_t *destination, long row_stride) {
  u32x4 a = *(const u32x4 *)source, b = *(const u32x4 *)(source + column_stride);
  u32x4 c = *(const u32x4 *)(source + 2 * column_stride), d = *(const u32x4 *)(source + 3 * column_stride);
  u32x4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  u32x4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(u32x4 *)destination = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *(u32x4 *)(destination + row_stride) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *(u32x4 *)(destination + 2 * row_stride) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *(u32x4 *)(destination + 3 * row_stride) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

#define DEFINE_TRANSPOSE(size, T)                                                                                      \
  static void transpose_##size(long rows, long columns, const T *source, long column_stride, T *destination,           \
                               long row_stride) {                                                                      \
    for (long c = 0; c < columns; c++)                                                                                 \
      _Pragma("clang loop vectorize(disable)") for (long r = 0; r < rows; r++) destination[r * row_stride + c] =       \
          source[r + c * column_stride];                                                                               \
  }
DEFINE_TRANSPOSE(1, uint8_t)
DEFINE_TRANSPOSE(4, uint32_t)
DEFINE_TRANSPOSE(8, uint64_t)

// Blocks of sixteen by sixteen. The source's lines are brought together first: at a stride that is a power of two they
// would push one another out of the cache.
static void transpose_blocks(long rows, long columns, const uint32_t *source, long column_stride, uint32_t *destination,
                             long row_stride) {
  enum { SIDE = 16 };
  long whole_rows = rows & ~(long)(SIDE - 1), whole_columns = columns & ~(long)(SIDE - 1);
  for (long column = 0; column < whole_columns; column += SIDE)
    for (long row = 0; row < whole_rows; row += SIDE) {
      _Alignas(64) uint32_t block[SIDE * SIDE];
      for (long c = 0; c < SIDE; c++)
        *(u32x16 *)(block + c * SIDE) = *(const u32x16 *)(source + row + (column + c) * column_stride);
      for (long r = 0; r < SIDE; r += 4)
        for (long c = 0; c < SIDE; c += 4)
          transpose_4x4(block + r + c * SIDE, SIDE, destination + (row + r) * row_stride + column + c, row_stride);
    }
  transpose_4(rows - whole_rows, whole_columns, source + whole_rows, column_stride,
              destination + whole_rows * row_stride, row_stride);
  transpose_4(rows, columns - whole_columns, source + whole_columns * column_stride, column_stride,
              destination + whole_columns, row_stride);
}

void copy_transposed(long size, long rows, long columns, const void *source, long column_stride, void *destination,
                     long row_stride) {
  if (size == 4)
    transpose_blocks(rows, columns, source, column_stride, destination, row_stride);
  else if (size == 8)
    transpose_8(rows, columns, source, column_stride, destination, row_stride);
  else
    transpose_1(rows, columns, source, column_stride, destination, row_stride);
}
