// Strided copies (transpose, slice, reverse, broadcast, the parts of pad and concatenate), fills and iota.
#ifndef APUS_COPY_H
#define APUS_COPY_H

#include "apus_types.h"

// destination[i . destination_strides] = source[i . source_strides] for every index i of `shape`. Strides in elements,
// any sign, 0 allowed for the source. element_size is 1, 2, 4 or 8. Source and destination do not overlap.
void apus_copy_strided(int element_size, int rank, const long *shape, const void *source, const long *source_strides,
                       void *destination, const long *destination_strides);

// Writes `count` copies of the element at `value`.
void apus_fill(int element_size, long count, const void *value, void *destination);

// y[o, k, i] = k as dtype (half types round to nearest even), for a dense [outer, length, inner] array.
void apus_iota(apus_dtype dtype, long outer, long length, long inner, void *y);

#endif
