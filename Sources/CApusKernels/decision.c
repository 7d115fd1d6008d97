#include "apus_decision.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "apus_pool.h"
#include "vector_types_private.h"

#define REAL float
#define OF(name) name##_f32
#include "decision_kernels.inc"
#undef REAL
#undef OF
#define REAL double
#define OF(name) name##_f64
#include "decision_kernels.inc"
#undef REAL
#undef OF

// Values that take more are not in the caches when the next sweep reads them.
enum { STATES_EACH = 4096, CHANGES_MOST = 128, STREAMED_BYTES = 1 << 24, PREFETCHED_BYTES = 3072 };

#define APUS_ISA_BODY "decision_patterns.inc"
#include "each_isa.inc"

typedef struct {
  const apus_decision *process;
  const void *values;
  void *results;
  double *changes; // NULL for backups
  long each;       // states of one task
} sweep_job;

// The last stretch that begins at a state or before it.
static long stretch_of(const apus_decision_patterns *patterns, long state) {
  long low = 0, high = patterns->stretches;
  while (high - low > 1) {
    const long middle = low + (high - low) / 2;
    if (patterns->at[middle].first <= state) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

static double sweep_states(const apus_decision *process, const void *values, void *next, long first, long last) {
  const apus_decision_patterns *patterns = &process->patterns;
  const bool streams = process->states * (process->single ? 4 : 8) > STREAMED_BYTES;
  double change = 0;
  for (long k = stretch_of(patterns, first); k < patterns->stretches && patterns->at[k].first < last; k++) {
    const apus_decision_stretch *stretch = patterns->at + k;
    const long begin = stretch->first > first ? stretch->first : first;
    const long end = stretch[1].first < last ? stretch[1].first : last;
    const bool wide = stretch->pattern >= 0 && end - begin >= LANES;
    double own;
    if (process->single) {
      own = wide ? ISA_SELECT(stretch_f32)(process, stretch, values, next, begin, end, streams)
                 : sweep_f32(process, values, next, begin, end);
    } else {
      own = wide ? ISA_SELECT(stretch_f64)(process, stretch, values, next, begin, end, streams)
                 : sweep_f64(process, values, next, begin, end);
    }
    change = own > change ? own : change;
  }
  // What went past the caches is seen by other threads only from here on.
  if (streams) atomic_thread_fence(memory_order_seq_cst);
  return change;
}

static void sweep_part(void *context, long index) {
  const sweep_job *job = context;
  const apus_decision *process = job->process;
  const long first = index * job->each;
  const long last = first + job->each < process->states ? first + job->each : process->states;
  if (!job->changes) {
    if (process->single) {
      backups_f32(process, job->values, job->results, first, last);
    } else {
      backups_f64(process, job->values, job->results, first, last);
    }
    return;
  }
  job->changes[index] = sweep_states(process, job->values, job->results, first, last);
}

// Splits the states into so many tasks that all threads have work to the end, and no more than there are places for.
static long split(sweep_job *job) {
  const long states = job->process->states;
  long tasks = (states + STATES_EACH - 1) / STATES_EACH;
  if (tasks > CHANGES_MOST) tasks = CHANGES_MOST;
  job->each = tasks ? (states + tasks - 1) / tasks : 1;
  return (states + job->each - 1) / job->each;
}

double apus_decision_sweep(const apus_decision *process, const void *values, void *next) {
  double changes[CHANGES_MOST];
  sweep_job job = {.process = process, .values = values, .results = next, .changes = changes};
  const long tasks = split(&job);
  apus_parallel(tasks, sweep_part, &job);
  double change = 0;
  for (long i = 0; i < tasks; i++) change = changes[i] > change ? changes[i] : change;
  return change;
}

double apus_decision_sweep_in_place(const apus_decision *process, void *values, bool backwards) {
  return process->single ? sweep_in_place_f32(process, values, backwards)
                         : sweep_in_place_f64(process, values, backwards);
}

void apus_decision_backups(const apus_decision *process, const void *values, void *backups) {
  sweep_job job = {.process = process, .values = values, .results = backups};
  apus_parallel(split(&job), sweep_part, &job);
}

enum { ROWS_EACH = 64 };

typedef struct {
  long n, m, k;
  double *p, *leak, *b;
  double pivot;
} elimination;

// Rows of one task give what leads to state k to where k leads.
static void eliminate_rows(void *context, long index) {
  const elimination *e = context;
  const long n = e->n, k = e->k, m = e->m;
  const long last = (index + 1) * ROWS_EACH < k ? (index + 1) * ROWS_EACH : k;
  const double *from = e->p + k * n;
  for (long i = index * ROWS_EACH; i < last; i++) {
    double *row = e->p + i * n;
    const double share = row[k] / e->pivot;
    if (share == 0) continue;
    ELEMENTWISE_LOOP
    for (long j = 0; j < k; j++) row[j] += share * from[j];
    e->leak[i] += share * e->leak[k];
    for (long j = 0; j < m; j++) e->b[i * m + j] += share * e->b[k * m + j];
  }
}

long apus_decision_eliminate(long n, long m, double *p, double *leak, double *b, double *pivots) {
  for (long k = n - 1; k >= 0; k--) {
    double pivot = leak[k];
    for (long j = 0; j < k; j++) pivot += p[k * n + j];
    pivots[k] = pivot;
    if (k == 0) break;
    if (pivot <= 0) return k;
    elimination e = {.n = n, .m = m, .k = k, .p = p, .leak = leak, .b = b, .pivot = pivot};
    const long tasks = (k + ROWS_EACH - 1) / ROWS_EACH;
    // A few rows are done before another thread wakes.
    if (k < 256) {
      for (long i = 0; i < tasks; i++) eliminate_rows(&e, i);
    } else {
      apus_parallel(tasks, eliminate_rows, &e);
    }
  }
  return -1;
}

void apus_decision_substitute(long n, long m, const double *p, const double *pivots, double *b) {
  for (long k = 0; k < n; k++) {
    double *own = b + k * m;
    for (long i = 0; i < k; i++) {
      const double share = p[k * n + i];
      if (share == 0) continue;
      for (long j = 0; j < m; j++) own[j] += share * b[i * m + j];
    }
    for (long j = 0; j < m; j++) own[j] /= pivots[k];
  }
}
