// Pooling windows of any rank and type by plain loops, and the choice of the quick paths.
#include "apus_pool.h"
#include "types_private.h"
#include "window_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASK_VALUES = 16384 };

bool pool_shape_of(const apus_window_shape *shape, pool_shape *pool) {
  int first = shape->rank, last = -1;
  for (int k = 0; k < shape->rank; k++) {
    if (shape->window_dilation[k] != 1 && shape->window[k] != 1) return false;
    if (shape->base_dilation[k] != 1) return false;
    bool trivial =
        shape->window[k] == 1 && shape->stride[k] == 1 && shape->pad_low[k] == 0 && shape->out[k] == shape->in[k];
    if (trivial) continue;
    if (last < 0) first = k;
    last = k;
  }
  if (last < 0) first = last = shape->rank - 1;
  if (shape->rank == 0 || last - first > 1) return false;
  *pool = (pool_shape){.batch = 1, .in_h = 1, .channels = 1, .out_h = 1, .window_h = 1, .stride_h = 1};
  for (int k = 0; k < first; k++) pool->batch *= shape->in[k];
  for (int k = last + 1; k < shape->rank; k++) pool->channels *= shape->in[k];
  pool->in_w = shape->in[last], pool->out_w = shape->out[last], pool->window_w = shape->window[last];
  pool->stride_w = shape->stride[last], pool->pad_left = shape->pad_low[last];
  if (first < last) {
    pool->in_h = shape->in[first], pool->out_h = shape->out[first], pool->window_h = shape->window[first];
    pool->stride_h = shape->stride[first], pool->pad_top = shape->pad_low[first];
  }
  return true;
}

static void multi_index(const apus_window_shape *shape, long flat, long *index) {
  for (int k = shape->rank - 1; k >= 0; k--) {
    index[k] = flat % shape->out[k];
    flat /= shape->out[k];
  }
}

// Steps `window` to the window's next position, the last dimension first; false after the last one.
static bool next_position(const apus_window_shape *shape, long *window) {
  for (int k = shape->rank - 1; k >= 0; k--) {
    if (++window[k] < shape->window[k]) return true;
    window[k] = 0;
  }
  return false;
}

// Offset of a position in the array, or -1 when it is padding or lies between the elements of a dilated array.
static long offset_of(const apus_window_shape *shape, const long *out, const long *window) {
  long offset = 0;
  for (int k = 0; k < shape->rank; k++) {
    long at = out[k] * shape->stride[k] + window[k] * shape->window_dilation[k] - shape->pad_low[k];
    long dilation = shape->base_dilation[k];
    if (at < 0 || at % dilation != 0 || at / dilation >= shape->in[k]) return -1;
    offset = offset * shape->in[k] + at / dilation;
  }
  return offset;
}

typedef struct {
  apus_reduction reduction; // sum, product, max or min
  apus_dtype dtype;
  const apus_window_shape *shape;
  const void *x, *source;
  void *y; // or dx
  long count, per_task;
  // Of the gradient: tasks are images, the windows of which touch no other image.
  long image_out, image_in;
} window_job;

// U is the type in which sums and products are made, unsigned for integers so that they wrap.
#define DEFINE_WINDOWS(S, T, U, lowest, highest)                                                                       \
  static void reduce_windows_##S(const window_job *job, long begin, long end) {                                        \
    const apus_window_shape *shape = job->shape;                                                                       \
    const T *x = job->x;                                                                                               \
    for (long flat = begin; flat < end; flat++) {                                                                      \
      long out[APUS_MAX_RANK], window[APUS_MAX_RANK] = {0};                                                            \
      multi_index(shape, flat, out);                                                                                   \
      T best = job->reduction == APUS_REDUCE_MAX ? (lowest) : (highest);                                               \
      U sum = job->reduction == APUS_REDUCE_PRODUCT;                                                                   \
      do {                                                                                                             \
        long offset = offset_of(shape, out, window);                                                                   \
        if (offset < 0) continue;                                                                                      \
        T value = x[offset];                                                                                           \
        sum = job->reduction == APUS_REDUCE_PRODUCT ? sum * (U)value : sum + (U)value;                                 \
        bool better = job->reduction == APUS_REDUCE_MAX ? value > best : value < best;                                 \
        if (better || value != value) best = value;                                                                    \
      } while (next_position(shape, window));                                                                          \
      bool extreme = job->reduction == APUS_REDUCE_MAX || job->reduction == APUS_REDUCE_MIN;                           \
      ((T *)job->y)[flat] = extreme ? best : (T)sum;                                                                   \
    }                                                                                                                  \
  }                                                                                                                    \
  static void scatter_windows_##S(const window_job *job, long begin, long end) {                                       \
    const apus_window_shape *shape = job->shape;                                                                       \
    const T *x = job->x;                                                                                               \
    for (long flat = begin; flat < end; flat++) {                                                                      \
      long out[APUS_MAX_RANK], window[APUS_MAX_RANK] = {0}, chosen = -1;                                               \
      multi_index(shape, flat, out);                                                                                   \
      T best = 0;                                                                                                      \
      do {                                                                                                             \
        long offset = offset_of(shape, out, window);                                                                   \
        if (offset < 0) continue;                                                                                      \
        T value = x[offset];                                                                                           \
        bool better = job->reduction == APUS_REDUCE_MAX ? value > best : value < best;                                 \
        if (chosen < 0 || ((better || value != value) && best == best)) best = value, chosen = offset;                 \
      } while (next_position(shape, window));                                                                          \
      T *dx = (T *)job->y + chosen;                                                                                    \
      if (chosen >= 0) *dx = (T)((U)*dx + (U)((const T *)job->source)[flat]);                                          \
    }                                                                                                                  \
  }

// For the types without NaN as for those with.
#pragma clang diagnostic ignored "-Wtautological-compare"
DEFINE_WINDOWS(u8, uint8_t, uint32_t, 0, UINT8_MAX)
DEFINE_WINDOWS(i32, int32_t, uint32_t, INT32_MIN, INT32_MAX)
DEFINE_WINDOWS(u32, uint32_t, uint32_t, 0, UINT32_MAX)
DEFINE_WINDOWS(i64, int64_t, uint64_t, INT64_MIN, INT64_MAX)
DEFINE_WINDOWS(u64, uint64_t, uint64_t, 0, UINT64_MAX)
DEFINE_WINDOWS(f32, float, float, -__builtin_inff(), __builtin_inff())
DEFINE_WINDOWS(f64, double, double, -__builtin_inf(), __builtin_inf())

#define CALL_FOR_TYPE(function, job, begin, end)                                                                       \
  switch ((job)->dtype) {                                                                                              \
  case APUS_BOOL:                                                                                                      \
  case APUS_U8:                                                                                                        \
    function##_u8(job, begin, end);                                                                                    \
    break;                                                                                                             \
  case APUS_I32:                                                                                                       \
    function##_i32(job, begin, end);                                                                                   \
    break;                                                                                                             \
  case APUS_U32:                                                                                                       \
    function##_u32(job, begin, end);                                                                                   \
    break;                                                                                                             \
  case APUS_I64:                                                                                                       \
    function##_i64(job, begin, end);                                                                                   \
    break;                                                                                                             \
  case APUS_U64:                                                                                                       \
    function##_u64(job, begin, end);                                                                                   \
    break;                                                                                                             \
  case APUS_F32:                                                                                                       \
    function##_f32(job, begin, end);                                                                                   \
    break;                                                                                                             \
  case APUS_F64:                                                                                                       \
    function##_f64(job, begin, end);                                                                                   \
    break;                                                                                                             \
  default: /* the caller widens the small types */                                                                     \
    break;                                                                                                             \
  }

static void reduce_windows_task(void *context, long index) {
  const window_job *job = context;
  long begin = index * job->per_task, end = pool_least(begin + job->per_task, job->count);
  CALL_FOR_TYPE(reduce_windows, job, begin, end)
}

static void scatter_windows_task(void *context, long index) {
  const window_job *job = context;
  long size = apus_size_of(job->dtype);
  memset((unsigned char *)job->y + index * job->image_in * size, 0, (size_t)(job->image_in * size));
  CALL_FOR_TYPE(scatter_windows, job, index * job->image_out, (index + 1) * job->image_out)
}

static long product(int rank, const long *shape) {
  long count = 1;
  for (int k = 0; k < rank; k++) count *= shape[k];
  return count;
}

static apus_reduction checked(apus_reduction reduction, apus_dtype dtype) {
  if (dtype == APUS_BOOL && reduction == APUS_REDUCE_AND) return APUS_REDUCE_MIN;
  if (dtype == APUS_BOOL && reduction == APUS_REDUCE_OR) return APUS_REDUCE_MAX;
  bool number = (reduction == APUS_REDUCE_SUM || reduction == APUS_REDUCE_PRODUCT) && dtype != APUS_BOOL;
  if (number || reduction == APUS_REDUCE_MAX || reduction == APUS_REDUCE_MIN) return reduction;
  fprintf(stderr, "apus_reduce_window: no such reduction on this type (reduction %d, type %d)\n", reduction, dtype);
  abort();
}

void apus_reduce_window(apus_reduction reduction, apus_dtype dtype, const apus_window_shape *shape, const void *x,
                        void *y) {
  reduction = checked(reduction, dtype);
  long count = product(shape->rank, shape->out);
  if (count == 0) return;
  pool_shape pool;
  if (dtype == APUS_F32 && reduction != APUS_REDUCE_PRODUCT && pool_shape_of(shape, &pool) &&
      pool_forward_fits(&pool)) {
    pool_forward_f32(reduction, &pool, x, y);
    return;
  }
  window_job job = {.reduction = reduction, .dtype = dtype, .shape = shape, .x = x, .y = y, .count = count};
  job.per_task = TASK_VALUES / pool_most(product(shape->rank, shape->window), 1) + 1;
  apus_parallel((count + job.per_task - 1) / job.per_task, reduce_windows_task, &job);
}

void apus_select_and_scatter(bool maximum, apus_dtype dtype, const apus_window_shape *shape, const void *x,
                             const void *source, void *dx) {
  long elements = product(shape->rank, shape->in), windows = product(shape->rank, shape->out);
  if (elements == 0) return;
  pool_shape pool;
  if (dtype == APUS_F32 && windows > 0 && pool_shape_of(shape, &pool)) {
    pool_gradient_f32(maximum, &pool, x, source, dx);
    return;
  }
  // Leading dimensions in which windows stay within one element are images of their own.
  long images = 1;
  for (int k = 0; k < shape->rank; k++) {
    if (shape->window[k] != 1 || shape->stride[k] != 1 || shape->pad_low[k] != 0 || shape->in[k] != shape->out[k])
      break;
    images *= shape->in[k];
  }
  window_job job = {.reduction = maximum ? APUS_REDUCE_MAX : APUS_REDUCE_MIN,
                    .dtype = dtype,
                    .shape = shape,
                    .x = x,
                    .source = source,
                    .y = dx,
                    .image_out = windows / images,
                    .image_in = elements / images};
  apus_parallel(images, scatter_windows_task, &job);
}
