// Strided copies: dimensions are put in the order of the destination and merged, then rows are copied, filled or, where
// the source runs along another dimension, transposed in blocks.
#include "apus_copy.h"
#include "apus_pool.h"
#include "copy_private.h"
#include <stdlib.h>
#include <string.h>

enum { TASK_ELEMENTS = 16384, TASKS_MOST = 256 };

typedef struct {
  long n, from, to; // length and strides, in elements
} dimension;

typedef struct {
  dimension dims[APUS_MAX_RANK]; // the last is the row
  int rank;
  int across; // dimension along which the source is contiguous when rows are not; -1 where there is none
  long size, rows, rows_per_task;
  const unsigned char *source;
  unsigned char *destination;
} copy_job;

static long least(long a, long b) { return a < b ? a : b; }

// Drops dimensions of one element, sorts the others by the destination's stride and merges neighbours.
static int arrange(int rank, const long *shape, const long *from, const long *to, dimension *dims) {
  int count = 0;
  for (int k = 0; k < rank; k++) {
    if (shape[k] == 1) continue;
    int at = count++;
    for (; at > 0 && labs(dims[at - 1].to) < labs(to[k]); at--) dims[at] = dims[at - 1];
    dims[at] = (dimension){shape[k], from[k], to[k]};
  }
  int merged = 0;
  for (int k = 1; k < count; k++) {
    dimension *outer = &dims[merged];
    if (outer->from == dims[k].from * dims[k].n && outer->to == dims[k].to * dims[k].n)
      *outer = (dimension){outer->n * dims[k].n, dims[k].from, dims[k].to};
    else
      dims[++merged] = dims[k];
  }
  if (count == 0) dims[0] = (dimension){1, 1, 1};
  return count ? merged + 1 : 1;
}

// Rows of n elements; row_from and row_to are the distances between rows.
#define DEFINE_COPY_ROWS(size, T)                                                                                      \
  static void copy_rows_##size(long rows, long n, const T *source, long row_from, long from, T *destination,           \
                               long row_to, long to) {                                                                 \
    for (; rows > 0; rows--, source += row_from, destination += row_to) {                                              \
      if (from == 1 && to == 1 && n >= 16)                                                                             \
        memcpy(destination, source, (size_t)n * sizeof(T));                                                            \
      else if (from == 0 && to == 1 && n >= 16) {                                                                      \
        T value = *source;                                                                                             \
        for (long i = 0; i < n; i++) destination[i] = value;                                                           \
      } else {                                                                                                         \
        _Pragma("clang loop vectorize(disable)") for (long i = 0; i < n; i++) destination[i * to] = source[i * from];  \
      }                                                                                                                \
    }                                                                                                                  \
  }
DEFINE_COPY_ROWS(1, uint8_t)
DEFINE_COPY_ROWS(2, uint16_t)
DEFINE_COPY_ROWS(4, uint32_t)
DEFINE_COPY_ROWS(8, uint64_t)

static void copy_rows(long size, long rows, long n, const void *source, long row_from, long from, void *destination,
                      long row_to, long to) {
  if (size == 4)
    copy_rows_4(rows, n, source, row_from, from, destination, row_to, to);
  else if (size == 8)
    copy_rows_8(rows, n, source, row_from, from, destination, row_to, to);
  else if (size == 2)
    copy_rows_2(rows, n, source, row_from, from, destination, row_to, to);
  else
    copy_rows_1(rows, n, source, row_from, from, destination, row_to, to);
}

// Offsets of row `row` among the dimensions but `skipped` and the last.
static void locate(const copy_job *job, int skipped, long row, long *from, long *to) {
  *from = *to = 0;
  for (int k = job->rank - 2; k >= 0; k--) {
    if (k == skipped) continue;
    long index = row % job->dims[k].n;
    row /= job->dims[k].n;
    *from += index * job->dims[k].from, *to += index * job->dims[k].to;
  }
}

static void copy_rows_task(void *context, long index) {
  const copy_job *job = context;
  const dimension *last = &job->dims[job->rank - 1];
  long begin = index * job->rows_per_task, end = least(begin + job->rows_per_task, job->rows);
  if (job->rank == 1) { // one long row: tasks take stretches of it
    copy_rows(job->size, 1, end - begin, job->source + begin * last->from * job->size, 0, last->from,
              job->destination + begin * last->to * job->size, 0, last->to);
    return;
  }
  const dimension *outer = &job->dims[job->rank - 2];
  while (begin < end) {
    // As far as the next-to-last dimension goes, rows follow at fixed distances.
    long from, to, run = least(outer->n - begin % outer->n, end - begin);
    locate(job, -1, begin, &from, &to);
    copy_rows(job->size, run, last->n, job->source + from * job->size, outer->from, last->from,
              job->destination + to * job->size, outer->to, last->to);
    begin += run;
  }
}

// A task transposes a band of TRANSPOSE_BAND rows of the destination's matrix.
static void transpose_task(void *context, long index) {
  const copy_job *job = context;
  const dimension *across = &job->dims[job->across], *last = &job->dims[job->rank - 1];
  long bands = (across->n + TRANSPOSE_BAND - 1) / TRANSPOSE_BAND, from, to;
  locate(job, job->across, index / bands, &from, &to);
  long begin = index % bands * TRANSPOSE_BAND, rows = least(TRANSPOSE_BAND, across->n - begin);
  from += begin * across->from, to += begin * across->to;
  copy_transposed(job->size, rows, last->n, job->source + from * job->size, last->from,
                  job->destination + to * job->size, across->to);
}

void apus_copy_strided(int element_size, int rank, const long *shape, const void *source, const long *source_strides,
                       void *destination, const long *destination_strides) {
  long count = 1;
  for (int k = 0; k < rank; k++) count *= shape[k];
  if (count == 0) return;
  copy_job job = {.across = -1, .size = element_size, .source = source, .destination = destination};
  job.rank = arrange(rank, shape, source_strides, destination_strides, job.dims);
  const dimension *last = &job.dims[job.rank - 1];
  for (int k = 0; k < job.rank - 1; k++)
    if (job.dims[k].from == 1 && last->to == 1 && last->from != 0 && job.dims[k].n >= 4 && last->n >= 4) job.across = k;
  if (job.across >= 0) {
    long across = job.dims[job.across].n;
    long tasks = count / last->n / across * ((across + TRANSPOSE_BAND - 1) / TRANSPOSE_BAND);
    if (count <= TASK_ELEMENTS)
      for (long i = 0; i < tasks; i++) transpose_task(&job, i);
    else
      apus_parallel(tasks, transpose_task, &job);
    return;
  }
  job.rows = job.rank == 1 ? count : count / last->n;
  long row = job.rank == 1 ? 1 : last->n, share = (job.rows + TASKS_MOST - 1) / TASKS_MOST;
  job.rows_per_task = TASK_ELEMENTS / row < 1 ? 1 : TASK_ELEMENTS / row;
  if (job.rows_per_task < share) job.rows_per_task = share;
  if (job.rows_per_task >= job.rows)
    copy_rows_task(&job, 0);
  else
    apus_parallel((job.rows + job.rows_per_task - 1) / job.rows_per_task, copy_rows_task, &job);
}
