// Cumulative sums and their kin: tasks take lines, or groups of neighbouring lines that go side by side.
#include "apus_pool.h"
#include "apus_scan.h"
#include "types_private.h"
#include "vector_types_private.h"
#include <stdio.h>
#include <stdlib.h>

enum {
  TASK_ELEMENTS = 16384,
  TASKS_MOST = 256,
  COLUMNS = 256,   // neighbouring lines of a group
  INTERLEAVED = 4, // contiguous lines taken at once, since each step waits for the one before
};

// `step` is the distance between elements of a line, negative from the end to the beginning; of `lines` lines the
// first elements lie `apart` apart.
typedef void (*scan_kernel)(long lines, long apart, long length, long step, const void *x, void *y);

#define DEFINE_SCAN(name, T, expression)                                                                               \
  INLINE T name##_step(T sum, T x) { return (T)(expression); }                                                         \
  static void name##_columns(long lines, long apart, long length, long step, const void *x, void *y) {                 \
    (void)apart;                                                                                                       \
    const T *from = x;                                                                                                 \
    T *to = y;                                                                                                         \
    for (long c = 0; c < lines; c++) to[c] = from[c];                                                                  \
    for (long k = 1; k < length; k++) {                                                                                \
      T *last = to;                                                                                                    \
      from += step, to += step;                                                                                        \
      ELEMENTWISE_LOOP for (long c = 0; c < lines; c++) to[c] = name##_step(last[c], from[c]);                         \
    }                                                                                                                  \
  }                                                                                                                    \
  static void name##_lines(long lines, long apart, long length, long step, const void *x, void *y) {                   \
    const T *from = x;                                                                                                 \
    T *to = y;                                                                                                         \
    for (; lines >= INTERLEAVED; lines -= INTERLEAVED, from += INTERLEAVED * apart, to += INTERLEAVED * apart) {       \
      T sum[INTERLEAVED];                                                                                              \
      for (int l = 0; l < INTERLEAVED; l++) to[l * apart] = sum[l] = from[l * apart];                                  \
      for (long k = 1; k < length; k++)                                                                                \
        for (int l = 0; l < INTERLEAVED; l++)                                                                          \
          to[l * apart + k * step] = sum[l] = name##_step(sum[l], from[l * apart + k * step]);                         \
    }                                                                                                                  \
    for (; lines > 0; lines--, from += apart, to += apart) {                                                           \
      T sum = to[0] = from[0];                                                                                         \
      for (long k = 1; k < length; k++) to[k * step] = sum = name##_step(sum, from[k * step]);                         \
    }                                                                                                                  \
  }
#define ARITHMETIC(S, T)                                                                                               \
  DEFINE_SCAN(sum_##S, T, sum + x)                                                                                     \
  DEFINE_SCAN(product_##S, T, sum *x)
#define EXTREMES(S, T)                                                                                                 \
  DEFINE_SCAN(max_##S, T, sum > x || sum != sum ? sum : x)                                                             \
  DEFINE_SCAN(min_##S, T, sum < x || sum != sum ? sum : x)

// For the types without NaN as for those with.
#pragma clang diagnostic ignored "-Wtautological-compare"
// Signed integers are added and multiplied as unsigned ones of their width, which wrap.
ARITHMETIC(u8, uint8_t)
ARITHMETIC(u32, uint32_t)
ARITHMETIC(u64, uint64_t)
ARITHMETIC(f32, float)
ARITHMETIC(f64, double)
EXTREMES(u8, uint8_t)
EXTREMES(i32, int32_t)
EXTREMES(u32, uint32_t)
EXTREMES(i64, int64_t)
EXTREMES(u64, uint64_t)
EXTREMES(f32, float)
EXTREMES(f64, double)

typedef struct {
  scan_kernel lines, columns;
} scan_kernels;

#define KERNELS(name)                                                                                                  \
  { name##_lines, name##_columns }
#define EXTREME_KINDS(extremes)                                                                                        \
  [APUS_CUMULATIVE_MAX] = KERNELS(max_##extremes), [APUS_CUMULATIVE_MIN] = KERNELS(min_##extremes)
#define ALL_KINDS(arithmetic, extremes)                                                                                \
  {                                                                                                                    \
    [APUS_CUMULATIVE_SUM] = KERNELS(sum_##arithmetic), [APUS_CUMULATIVE_PRODUCT] = KERNELS(product_##arithmetic),      \
    EXTREME_KINDS(extremes)                                                                                            \
  }

static scan_kernels kernels_of(apus_cumulative kind, apus_dtype dtype) {
  static const scan_kernels table[APUS_DTYPE_COUNT][APUS_CUMULATIVE_MIN + 1] = {
      [APUS_BOOL] = {EXTREME_KINDS(u8)}, [APUS_U8] = ALL_KINDS(u8, u8),    [APUS_I32] = ALL_KINDS(u32, i32),
      [APUS_U32] = ALL_KINDS(u32, u32),  [APUS_I64] = ALL_KINDS(u64, i64), [APUS_U64] = ALL_KINDS(u64, u64),
      [APUS_F32] = ALL_KINDS(f32, f32),  [APUS_F64] = ALL_KINDS(f64, f64),
  };
  bool known = (unsigned)kind <= APUS_CUMULATIVE_MIN && (unsigned)dtype < APUS_DTYPE_COUNT;
  if (known && table[dtype][kind].lines) return table[dtype][kind];
  fprintf(stderr, "apus_cumulative_run: no such operation on this type (operation %d, type %d)\n", kind, dtype);
  abort();
}

typedef struct {
  scan_kernels kernels;
  long length, inner, size, groups; // groups of columns
  bool reversed;
  long units, per_task; // outer indices, or groups of columns
  const unsigned char *x;
  unsigned char *y;
} scan_job;

static void lines_task(void *context, long index) {
  const scan_job *job = context;
  long begin = index * job->per_task, rest = job->units - begin;
  long at = (begin * job->length + (job->reversed ? job->length - 1 : 0)) * job->size;
  job->kernels.lines(rest < job->per_task ? rest : job->per_task, job->length, job->length, job->reversed ? -1 : 1,
                     job->x + at, job->y + at);
}

static void columns_task(void *context, long index) {
  const scan_job *job = context;
  long begin = index * job->per_task, end = begin + job->per_task < job->units ? begin + job->per_task : job->units;
  for (long unit = begin; unit < end; unit++) {
    long first = unit % job->groups * COLUMNS, rest = job->inner - first;
    long row = unit / job->groups * job->length + (job->reversed ? job->length - 1 : 0);
    long at = (row * job->inner + first) * job->size;
    job->kernels.columns(rest < COLUMNS ? rest : COLUMNS, 1, job->length, job->reversed ? -job->inner : job->inner,
                         job->x + at, job->y + at);
  }
}

void apus_cumulative_run(apus_cumulative kind, apus_dtype dtype, long outer, long length, long inner, bool reversed,
                         const void *x, void *y) {
  scan_job job = {kernels_of(kind, dtype), length, inner, apus_size_of(dtype), 1, reversed, outer, 1, x, y};
  if (outer * length * inner == 0) return;
  if (inner > 1) job.groups = (inner + COLUMNS - 1) / COLUMNS, job.units = outer * job.groups;
  long per_unit = length * (inner < COLUMNS ? inner : COLUMNS), share = (job.units + TASKS_MOST - 1) / TASKS_MOST;
  job.per_task = TASK_ELEMENTS / per_unit + 1;
  if (job.per_task < share) job.per_task = share;
  if (inner == 1) job.per_task = (job.per_task + INTERLEAVED - 1) / INTERLEAVED * INTERLEAVED;
  apus_parallel((job.units + job.per_task - 1) / job.per_task, inner == 1 ? lines_task : columns_task, &job);
}
