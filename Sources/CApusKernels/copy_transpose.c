// Transposes bands of matrices: blocks of four-byte elements in registers, all else element by element.
#include "copy_private.h"
#include "vector_types_private.h"

#define APUS_ISA_BODY "copy_transpose.inc"
#include "each_isa.inc"

#define DEFINE_TRANSPOSE(size, T)                                                                                      \
  static void transpose_##size(long rows, long columns, const T *source, long column_stride, T *destination,           \
                               long row_stride) {                                                                      \
    for (long c = 0; c < columns; c++)                                                                                 \
      _Pragma("clang loop vectorize(disable)") for (long r = 0; r < rows; r++) destination[r * row_stride + c] =       \
          source[r + c * column_stride];                                                                               \
  }
DEFINE_TRANSPOSE(1, uint8_t)
DEFINE_TRANSPOSE(2, uint16_t)
DEFINE_TRANSPOSE(4, uint32_t)
DEFINE_TRANSPOSE(8, uint64_t)

static void transpose_blocks(long rows, long columns, const uint32_t *source, long column_stride, uint32_t *destination,
                             long row_stride) {
  enum { SIDE = 16 };
  void (*transpose)(const uint32_t *, long, uint32_t *, long) = ISA_SELECT(transpose_16x16);
  long whole_rows = rows & ~(long)(SIDE - 1), whole_columns = columns & ~(long)(SIDE - 1);
  for (long column = 0; column < whole_columns; column += SIDE)
    for (long row = 0; row < whole_rows; row += SIDE)
      transpose(source + row + column * column_stride, column_stride, destination + row * row_stride + column,
                row_stride);
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
  else if (size == 2)
    transpose_2(rows, columns, source, column_stride, destination, row_stride);
  else
    transpose_1(rows, columns, source, column_stride, destination, row_stride);
}
