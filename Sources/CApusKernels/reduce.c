// Reductions over the middle of a dense [outer, reduced, inner] array: how they are split into tasks.
#include "apus_pool.h"
#include "reduce_private.h"
#include "types_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TASK_ELEMENTS = 16384, // what a task reads, at least
  PART_ELEMENTS = 32768, // what one part of a split reduction reads, at least
  PARTS_MOST = 64,
  ENOUGH_UNITS = 16, // independent results above which reductions are not split
};

static long least(long a, long b) { return a < b ? a : b; }
static long most(long a, long b) { return a > b ? a : b; }
static long quotient_up(long a, long b) { return (a + b - 1) / b; }

// A unit is what one kernel call reduces: a row, or a group of columns. `parts` > 1 splits the reduced dimension.
typedef struct {
  long columns; // of a group, 1 when rows are reduced
  long groups, units;
  long parts, part; // number and length of the parts
} reduce_split;

static reduce_split split_of(long outer, long reduced, long inner) {
  reduce_split s;
  s.columns = least(inner, REDUCE_COLUMNS_MOST);
  s.groups = quotient_up(inner, s.columns);
  s.units = outer * s.groups;
  s.parts = 1, s.part = reduced;
  if (s.units < ENOUGH_UNITS && reduced * s.columns >= 2 * PART_ELEMENTS) {
    s.part = most(quotient_up(PART_ELEMENTS, s.columns), quotient_up(reduced, PARTS_MOST));
    s.part = quotient_up(s.part, 64) * 64;
    s.parts = quotient_up(reduced, s.part);
  }
  return s;
}

typedef struct {
  apus_reduction reduction;
  const reduce_kernels *kernels;
  reduce_split split;
  long reduced, inner, size, units_per_task;
  const unsigned char *x;
  unsigned char *y; // the results, or [outer, parts, inner] when split
} reduce_job;

// Reduces part `part` of a unit.
static void reduce_unit(const reduce_job *job, long unit, long part) {
  const reduce_split *s = &job->split;
  long o = unit / s->groups, first = unit % s->groups * s->columns;
  long begin = part * s->part, length = least(s->part, job->reduced - begin);
  const unsigned char *x = job->x + ((o * job->reduced + begin) * job->inner + first) * job->size;
  unsigned char *y = job->y + ((o * s->parts + part) * job->inner + first) * job->size;
  if (job->inner == 1)
    job->kernels->rows(job->reduction, 1, length, x, y);
  else
    job->kernels->columns(job->reduction, length, job->inner, least(s->columns, job->inner - first), x, y);
}

static void reduce_part_task(void *context, long index) {
  const reduce_job *job = context;
  reduce_unit(job, index / job->split.parts, index % job->split.parts);
}

static void reduce_units_task(void *context, long index) {
  const reduce_job *job = context;
  long begin = index * job->units_per_task, end = least(begin + job->units_per_task, job->split.units);
  if (job->inner == 1) {
    job->kernels->rows(job->reduction, end - begin, job->reduced, job->x + begin * job->reduced * job->size,
                       job->y + begin * job->size);
    return;
  }
  for (long unit = begin; unit < end; unit++) reduce_unit(job, unit, 0);
}

static void run_units(reduce_job *job) {
  long per_unit = most(job->reduced * job->split.columns, 1);
  job->units_per_task = most(most(TASK_ELEMENTS / per_unit, 1), quotient_up(job->split.units, 256));
  apus_parallel(quotient_up(job->split.units, job->units_per_task), reduce_units_task, job);
}

size_t apus_reduce_scratch(apus_dtype dtype, long outer, long reduced, long inner) {
  if (outer == 0 || inner == 0) return 0;
  long parts = split_of(outer, reduced, inner).parts;
  return parts > 1 ? (size_t)(outer * parts * inner * apus_size_of(dtype)) : 0;
}

apus_reduction reduce_plain(apus_reduction reduction, apus_dtype dtype) {
  bool logical = reduction == APUS_REDUCE_AND || reduction == APUS_REDUCE_OR;
  bool arithmetic = reduction == APUS_REDUCE_SUM || reduction == APUS_REDUCE_PRODUCT;
  bool known = (unsigned)dtype <= APUS_F64 || dtype == APUS_U64;
  if ((unsigned)reduction > APUS_REDUCE_OR || !known || (logical && dtype != APUS_BOOL) ||
      (arithmetic && dtype == APUS_BOOL)) {
    fprintf(stderr, "apus_reduce: no such reduction on this type (reduction %d, type %d)\n", reduction, dtype);
    abort();
  }
  return reduction == APUS_REDUCE_AND ? APUS_REDUCE_MIN : reduction == APUS_REDUCE_OR ? APUS_REDUCE_MAX : reduction;
}

void apus_reduce(apus_reduction reduction, apus_dtype dtype, long outer, long reduced, long inner, const void *x,
                 void *y, void *scratch) {
  reduction = reduce_plain(reduction, dtype);
  if (outer == 0 || inner == 0) return;
  if (reduced == 0 && dtype == APUS_BOOL) { // the neutral elements of bools are not those of bytes
    memset(y, reduction == APUS_REDUCE_MIN, (size_t)(outer * inner));
    return;
  }
  bool wraps = reduction == APUS_REDUCE_SUM || reduction == APUS_REDUCE_PRODUCT;
  reduce_job job = {reduction,
                    reduce_kernels_of(dtype, wraps),
                    split_of(outer, reduced, inner),
                    reduced,
                    inner,
                    apus_size_of(dtype),
                    0,
                    x,
                    y};
  if (job.split.parts == 1) {
    run_units(&job);
    return;
  }
  job.y = scratch;
  apus_parallel(job.split.units * job.split.parts, reduce_part_task, &job);
  // The parts are few: they are reduced the same way, without being split again.
  job.reduced = job.split.parts;
  job.split.parts = 1, job.split.part = job.reduced;
  job.x = scratch, job.y = y;
  run_units(&job);
}
