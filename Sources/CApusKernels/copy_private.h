#ifndef APUS_COPY_PRIVATE_H
#define APUS_COPY_PRIVATE_H

// Rows of the destination that are transposed together: a few cache lines of the source's.
enum { TRANSPOSE_BAND = 64 };

// destination[r * row_stride + c] = source[r + c * column_stride] for at most TRANSPOSE_BAND rows.
void copy_transposed(long size, long rows, long columns, const void *source, long column_stride, void *destination,
                     long row_stride);

#endif
