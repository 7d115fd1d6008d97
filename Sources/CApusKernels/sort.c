// Sorting: lines in parallel, each by its keys, which are unsigned integers.
#include "apus_pool.h"
#include "scratch_private.h"
#include "sort_private.h"
#include "types_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TASK_ELEMENTS = 4096,
  TASKS_MOST = 256,
  RUN = 12,         // sorted by insertion
  RADIX_LEAST = 16, // entries for each byte of a key, from where on radix sorting is quicker
  ROOM_LEAST = 512, // candidates of a selection
};

typedef struct {
  sort_keys keys;
  const unsigned char *x;
  long length, stride, size; // strides of x and of the indices are the same
  bool descending;
} sort_line;

// A key of four bytes and the index below it are one number.
#define ENTRY uint64_t
#define KEY uint32_t
#define KEY_BYTES 4
#define NAMED(name) name##_32
#define MAKE(key, index) ((uint64_t)(key) << 32 | (uint64_t)(index))
#define KEY_OF(entry) ((uint32_t)((entry) >> 32))
#define INDEX_OF(entry) (uint32_t)(entry)
#define SORT_FEW(n, entries, spare) (sort_by_rank(n, entries, spare), spare)
#include "sort_entries.inc"

typedef struct {
  uint64_t key, index;
} wide_entry;

static bool precedes(wide_entry a, wide_entry b) { return a.key < b.key || (a.key == b.key && a.index < b.index); }

static void insertion_sort(long n, wide_entry *entries) {
  for (long i = 1; i < n; i++) {
    wide_entry entry = entries[i];
    long at = i;
    for (; at > 0 && precedes(entry, entries[at - 1]); at--) entries[at] = entries[at - 1];
    entries[at] = entry;
  }
}

// Short runs by insertion, then merged in pairs, from one array to the other and back.
static wide_entry *merge_sort(long n, wide_entry *entries, wide_entry *spare) {
  for (long i = 0; i < n; i += RUN) insertion_sort(n - i < RUN ? n - i : RUN, entries + i);
  for (long run = RUN; run < n; run *= 2) {
    for (long i = 0; i < n; i += 2 * run) {
      long left = i, middle = i + run < n ? i + run : n, right = middle, end = i + 2 * run < n ? i + 2 * run : n;
      for (long k = i; k < end; k++) {
        bool from_right = left == middle || (right < end && precedes(entries[right], entries[left]));
        spare[k] = entries[from_right ? right : left];
        left += !from_right, right += from_right;
      }
    }
    wide_entry *swap = entries;
    entries = spare, spare = swap;
  }
  return entries;
}

#define ENTRY wide_entry
#define KEY uint64_t
#define KEY_BYTES 8
#define NAMED(name) name##_64
#define MAKE(key, index) ((wide_entry){key, (uint64_t)(index)})
#define KEY_OF(entry) ((entry).key)
#define INDEX_OF(entry) (entry).index
#define SORT_FEW(n, entries, spare) merge_sort(n, entries, spare)
#include "sort_entries.inc"

typedef struct {
  sort_line line; // the first
  long lines, inner, count, per_task;
  int32_t *indices;
  apus_slots slots;
} sort_job;

static void sort_task(void *context, long index) {
  const sort_job *job = context;
  void *scratch = apus_slot_take(&job->slots);
  long begin = index * job->per_task, end = begin + job->per_task < job->lines ? begin + job->per_task : job->lines;
  for (long l = begin; l < end; l++) {
    long outer = l / job->inner, column = l % job->inner;
    sort_line line = job->line;
    line.x += (outer * line.length * job->inner + column) * line.size;
    int32_t *indices = job->indices + outer * job->count * job->inner + column;
    if (line.size == 8)
      arg_sort_line_64(&line, job->count, scratch, indices);
    else
      arg_sort_line_32(&line, job->count, scratch, indices);
  }
  apus_slot_give(scratch);
}

static size_t line_scratch(apus_dtype dtype, long length) {
  return 2 * (size_t)length * (apus_size_of(dtype) == 8 ? sizeof(wide_entry) : sizeof(uint64_t));
}

size_t apus_arg_sort_scratch(apus_dtype dtype, long outer, long length, long inner) {
  return apus_slots_size(outer * inner, line_scratch(dtype, length));
}

void apus_arg_sort(apus_dtype dtype, long outer, long length, long inner, bool descending, long count, const void *x,
                   int32_t *indices, void *scratch) {
  sort_keys keys = sort_keys_of(dtype);
  if (!keys.make) {
    fprintf(stderr, "apus_arg_sort: no order on this type (type %d)\n", dtype);
    abort();
  }
  if (outer * inner * length * count == 0) return;
  sort_job job = {
      {keys, x, length, inner, apus_size_of(dtype), descending},           outer * inner, inner, count, 1, indices,
      apus_slots_make(scratch, outer * inner, line_scratch(dtype, length))};
  long share = (job.lines + TASKS_MOST - 1) / TASKS_MOST;
  job.per_task = TASK_ELEMENTS / length + 1;
  if (job.per_task < share) job.per_task = share;
  long tasks = (job.lines + job.per_task - 1) / job.per_task;
  if (tasks == 1)
    sort_task(&job, 0);
  else
    apus_parallel(tasks, sort_task, &job);
}
