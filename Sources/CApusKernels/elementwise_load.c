// Loads stretches of strided views (broadcast, transposed, reversed inputs) into dense tiles.
#include "elementwise_private.h"
#include "vector_types_private.h"
#include <string.h>

vm_view vm_view_make(const void *data, int size, int rank, const long *shape, const long *strides) {
  vm_view view = {.data = data, .size = size};
  int last = -1;
  for (int k = 0; k < rank; k++) {
    if (shape[k] == 1) continue;
    if (last >= 0 && view.stride[last] == strides[k] * shape[k]) {
      view.shape[last] *= shape[k];
      view.stride[last] = strides[k];
    } else {
      last++;
      view.shape[last] = shape[k];
      view.stride[last] = strides[k];
    }
  }
  if (last < 0) last = 0, view.shape[0] = 1, view.stride[0] = 0;
  view.rank = last + 1;
  view.block[last] = 1;
  for (int k = last; k > 0; k--) view.block[k - 1] = view.block[k] * view.shape[k];
  return view;
}

typedef uint8_t bytes16 __attribute__((ext_vector_type(16), aligned(1)));

// Runs of `block` elements, the first one from its element `first` on: run i starts at source + i * outer.
// Short repeated runs are written as whole vectors whose excess the next run overwrites.
#define DEFINE_LOAD_RUNS(size, T, wide, wide_lanes)                                                                    \
  static void load_runs_##size(const T *source, long outer, long inner, long block, long first, long count, T *out) {  \
    while (count > 0) {                                                                                                \
      long n = block - first < count ? block - first : count;                                                          \
      const T *run = source + first * inner;                                                                           \
      if (inner == 0 && n <= (wide_lanes)) {                                                                           \
        *(wide *)out = (wide)(*run);                                                                                   \
      } else if (inner == 0) {                                                                                         \
        T value = *run;                                                                                                \
        for (long i = 0; i < n; i++) out[i] = value;                                                                   \
      } else if (inner == 1 && n > 32) {                                                                               \
        memcpy(out, run, (size_t)n * sizeof(T));                                                                       \
      } else {                                                                                                         \
        _Pragma("clang loop vectorize(disable)") for (long i = 0; i < n; i++) out[i] = run[i * inner];                 \
      }                                                                                                                \
      out += n, count -= n, first = 0, source += outer;                                                                \
    }                                                                                                                  \
  }
typedef uint16_t shorts16 __attribute__((ext_vector_type(16), aligned(2)));
typedef uint64_t u64x8 __attribute__((ext_vector_type(8), aligned(8)));
DEFINE_LOAD_RUNS(1, uint8_t, bytes16, 16)
DEFINE_LOAD_RUNS(2, uint16_t, shorts16, 16)
DEFINE_LOAD_RUNS(4, uint32_t, u32x16, 16)
DEFINE_LOAD_RUNS(8, uint64_t, u64x8, 8)

static void load_runs(int size, const unsigned char *source, long outer, long inner, long block, long first, long count,
                      unsigned char *out) {
  if (size == 4)
    load_runs_4((const uint32_t *)(const void *)source, outer, inner, block, first, count, (void *)out);
  else if (size == 8)
    load_runs_8((const uint64_t *)(const void *)source, outer, inner, block, first, count, (void *)out);
  else if (size == 2)
    load_runs_2((const uint16_t *)(const void *)source, outer, inner, block, first, count, (void *)out);
  else
    load_runs_1(source, outer, inner, block, first, count, out);
}

// Repeats the first `period` bytes until `total` are filled.
static void replicate(unsigned char *out, long period, long total) {
  for (long filled = period; filled < total;) {
    long n = filled < total - filled ? filled : total - filled;
    memcpy(out + filled, out, (size_t)n);
    filled += n;
  }
}

// Elements begin ..< begin + count of the dimensions from `dim` on.
static void load_dimensions(const vm_view *view, int dim, const unsigned char *source, long begin, long count,
                            unsigned char *out) {
  int size = view->size;
  long stride = view->stride[dim], block = view->block[dim];
  if (dim == view->rank - 1) {
    load_runs(size, source, 0, stride, view->shape[dim], begin, count, out);
    return;
  }
  long index = begin / block, first = begin - index * block;
  if (stride == 0 && count > block) {
    load_dimensions(view, dim + 1, source, first, block - first, out);
    if (first) load_dimensions(view, dim + 1, source, 0, first, out + (block - first) * size);
    replicate(out, block * size, count * size);
    return;
  }
  source += index * stride * size;
  if (dim == view->rank - 2) {
    load_runs(size, source, stride, view->stride[dim + 1], block, first, count, out);
    return;
  }
  while (count > 0) {
    long n = block - first < count ? block - first : count;
    load_dimensions(view, dim + 1, source, first, n, out);
    out += n * size, count -= n, first = 0, source += stride * size;
  }
}

void vm_view_load(const vm_view *view, long begin, long count, void *destination) {
  load_dimensions(view, 0, view->data, begin, count, destination);
}

void vm_splat(int size, const void *value, long count, void *destination) {
  load_runs(size, value, 0, 0, count, 0, count, destination);
}
