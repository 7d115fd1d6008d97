// Where the largest or smallest element is.
#include "apus_pool.h"
#include "reduce_private.h"
#include "types_private.h"
#include "vector_types_private.h"

typedef struct {
  bool maximum;
  apus_dtype dtype;
  const reduce_kernels *kernels;
  long outer, reduced, inner, size, per_task, groups;
  const unsigned char *x;
  int32_t *y;
} arg_job;

enum { TASK_ELEMENTS = 16384, COLUMNS = 256 };

static long least(long a, long b) { return a < b ? a : b; }

static void arg_rows_task(void *context, long index) {
  const arg_job *job = context;
  long begin = index * job->per_task, end = least(begin + job->per_task, job->outer);
  job->kernels->arg_rows(job->maximum, end - begin, job->reduced, job->x + begin * job->reduced * job->size,
                         job->y + begin);
}

// A group of columns, row by row: the best values and their indices are carried along.
#define DEFINE_ARG_COLUMNS(S, T)                                                                                       \
  static void arg_columns_##S(bool maximum, long rows, long stride, long columns, const T *x, int32_t *y) {            \
    T best[COLUMNS];                                                                                                   \
    for (long c = 0; c < columns; c++) best[c] = x[c], y[c] = 0;                                                       \
    for (long r = 1; r < rows; r++) {                                                                                  \
      const T *row = x + r * stride;                                                                                   \
      for (long c = 0; c < columns; c++) {                                                                             \
        T value = row[c], old = best[c];                                                                               \
        bool better = maximum ? value > old : value < old;                                                             \
        better = (better | (value != value)) & (old == old);                                                           \
        best[c] = better ? value : old;                                                                                \
        y[c] = better ? (int32_t)r : y[c];                                                                             \
      }                                                                                                                \
    }                                                                                                                  \
  }
DEFINE_ARG_COLUMNS(u8, uint8_t)
DEFINE_ARG_COLUMNS(i32, int32_t)
DEFINE_ARG_COLUMNS(u32, uint32_t)
DEFINE_ARG_COLUMNS(i64, int64_t)
DEFINE_ARG_COLUMNS(u64, uint64_t)
DEFINE_ARG_COLUMNS(f32, float)
DEFINE_ARG_COLUMNS(f64, double)

static void arg_columns_task(void *context, long index) {
  const arg_job *job = context;
  long o = index / job->groups, first = index % job->groups * COLUMNS, columns = least(COLUMNS, job->inner - first);
  const void *x = job->x + (o * job->reduced * job->inner + first) * job->size;
  int32_t *y = job->y + o * job->inner + first;
  switch (job->dtype) {
  case APUS_BOOL:
  case APUS_U8:
    arg_columns_u8(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  case APUS_I32:
    arg_columns_i32(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  case APUS_U32:
    arg_columns_u32(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  case APUS_I64:
    arg_columns_i64(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  case APUS_U64:
    arg_columns_u64(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  case APUS_F32:
    arg_columns_f32(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  case APUS_F64:
    arg_columns_f64(job->maximum, job->reduced, job->inner, columns, x, y);
    break;
  default: // the caller widens the small types
    break;
  }
}

void apus_arg_reduce(bool maximum, apus_dtype dtype, long outer, long reduced, long inner, const void *x, int32_t *y) {
  if (outer == 0 || inner == 0) return;
  if (reduced == 0) {
    for (long i = 0; i < outer * inner; i++) y[i] = 0;
    return;
  }
  arg_job job = {maximum, dtype, reduce_kernels_of(dtype, false), outer, reduced, inner, apus_size_of(dtype), 1, 1,
                 x,       y};
  if (inner == 1) {
    long per_task = TASK_ELEMENTS / reduced, share = (outer + 255) / 256;
    job.per_task = per_task < 1 ? 1 : per_task;
    if (job.per_task < share) job.per_task = share;
    apus_parallel((outer + job.per_task - 1) / job.per_task, arg_rows_task, &job);
  } else {
    job.groups = (inner + COLUMNS - 1) / COLUMNS;
    apus_parallel(outer * job.groups, arg_columns_task, &job);
  }
}
