// For sched_getaffinity and CPU_COUNT.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "apus_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pool_private.h"

// Indices are handed out by an atomic counter, so that a slow thread takes fewer of them.
//
// A job lives while the state word says that it is open or that workers are inside. Workers enter and leave by that
// word, so the caller need not wait for one that slept through the job: it closes the job and waits for those inside.
//
//   bits 0-15   workers inside
//   bit  16     open: workers may enter
//   bits 32-63  generation, one per job
#define WORKERS_INSIDE 0xffffull
#define OPEN (1ull << 16)
#define GENERATION_SHIFT 32

#define MAX_WORKERS 1023
#define SPIN_NANOSECONDS 100000
#define WORKER_STACK_BYTES ((size_t)2 << 20)

static struct {
  _Alignas(128) _Atomic uint64_t state;
  _Alignas(128) atomic_long next; // the next index of the open job
  // The open job: written before `state` opens it, unchanged until the last worker left.
  _Alignas(128) apus_task task;
  void *context;
  long count;

  _Alignas(128) atomic_int wanted; // threads, the caller included; 0: not yet asked for
  atomic_flag busy;                // held by the caller whose job is open
  atomic_int limit;                // workers with a number from here on end
  atomic_int parked;
  int started; // workers running; guarded by busy, as is `workers`
  pthread_t workers[MAX_WORKERS];
  pthread_mutex_t lock;
  pthread_cond_t wake;
} pool = {.busy = ATOMIC_FLAG_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

// Set while this thread runs tasks: a nested call runs alone.
static _Thread_local bool inside_task;

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint32_t generation_of(uint64_t state) { return (uint32_t)(state >> GENERATION_SHIFT); }

int apus_pool_cores(void) {
  static atomic_int cached;
  int cores = atomic_load_explicit(&cached, memory_order_relaxed);
  if (cores > 0) return cores;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
#endif
  if (cores <= 0) cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
  if (cores <= 0) cores = 1;
  atomic_store_explicit(&cached, cores, memory_order_relaxed);
  return cores;
}

static int bounded(long threads) { return threads > MAX_WORKERS + 1 ? MAX_WORKERS + 1 : (int)threads; }

static int default_threads(void) {
  const char *text = getenv("APUS_THREADS");
  long threads = text ? strtol(text, NULL, 10) : 0;
  return threads > 0 ? bounded(threads) : bounded(apus_pool_cores());
}

void apus_pool_set_threads(int threads) {
  // Workers are started and ended by the next job.
  atomic_store(&pool.wanted, threads > 0 ? bounded(threads) : bounded(apus_pool_cores()));
}

int apus_pool_threads(void) {
  int threads = atomic_load_explicit(&pool.wanted, memory_order_relaxed);
  if (threads > 0) return threads;
  int chosen = default_threads();
  if (atomic_compare_exchange_strong(&pool.wanted, &threads, chosen)) return chosen;
  return threads;
}

static void run_indices(apus_task task, void *context, long count) {
  for (;;) {
    long index = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
    if (index >= count) return;
    task(context, index);
  }
}

// Waits until a job newer than `seen` was opened, or this worker shall end. Spins first: between two kernels of a plan
// there is less than the time that waking takes.
static void wait_for_work(uint32_t seen, int number) {
  int64_t end = nanoseconds() + SPIN_NANOSECONDS;
  do {
    for (int i = 0; i < 64; i++) {
      if (generation_of(atomic_load_explicit(&pool.state, memory_order_acquire)) != seen) return;
      pause_briefly();
    }
  } while (nanoseconds() < end);

  pthread_mutex_lock(&pool.lock);
  // Sequentially consistent, as are the caller's opening and its look at `parked`: either it sees this worker parked,
  // or this worker sees its job.
  atomic_fetch_add(&pool.parked, 1);
  while (generation_of(atomic_load(&pool.state)) == seen && number < atomic_load(&pool.limit)) {
    pthread_cond_wait(&pool.wake, &pool.lock);
  }
  atomic_fetch_sub(&pool.parked, 1);
  pthread_mutex_unlock(&pool.lock);
}

static bool enter(uint64_t state) {
  while (state & OPEN) {
    if (atomic_compare_exchange_weak_explicit(&pool.state, &state, state + 1, memory_order_acquire,
                                              memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

static void *work(void *argument) {
  int number = (int)(intptr_t)argument;
  inside_task = true;
  uint32_t seen = generation_of(atomic_load(&pool.state));
  while (number < atomic_load(&pool.limit)) {
    uint64_t state = atomic_load_explicit(&pool.state, memory_order_acquire);
    if (generation_of(state) == seen) {
      wait_for_work(seen, number);
      continue;
    }
    // A newer job than the one looked at may be the one entered: its indices are then looked for twice, in vain.
    seen = generation_of(state);
    if (!enter(state)) continue;
    run_indices(pool.task, pool.context, pool.count);
    atomic_fetch_sub_explicit(&pool.state, 1, memory_order_release);
  }
  return NULL;
}

static void wake_parked(void) {
  if (atomic_load(&pool.parked) == 0) return;
  pthread_mutex_lock(&pool.lock);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.lock);
}

// Starts or ends workers. The caller holds `busy`, so no job is open.
static void resize(int workers) {
  if (workers < pool.started) {
    atomic_store(&pool.limit, workers);
    // A generation without a job gets the spinning ones to look at the limit.
    atomic_fetch_add(&pool.state, 1ull << GENERATION_SHIFT);
    wake_parked();
    while (pool.started > workers) pthread_join(pool.workers[--pool.started], NULL);
  }
  atomic_store(&pool.limit, workers);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
  while (pool.started < workers) {
    void *number = (void *)(intptr_t)pool.started;
    // Without the thread the rest still does the work.
    if (pthread_create(&pool.workers[pool.started], &attributes, work, number) != 0) break;
    pool.started++;
  }
  pthread_attr_destroy(&attributes);
}

static void run_together(long count, apus_task task, void *context) {
  pool.task = task;
  pool.context = context;
  pool.count = count;
  atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
  uint64_t generation = (uint64_t)(generation_of(atomic_load(&pool.state)) + 1u);
  atomic_store(&pool.state, generation << GENERATION_SHIFT | OPEN);
  wake_parked();

  inside_task = true;
  run_indices(task, context, count);
  inside_task = false;

  uint64_t state = atomic_fetch_and_explicit(&pool.state, ~OPEN, memory_order_acq_rel);
  for (long spins = 0; state & WORKERS_INSIDE; spins++) {
    // With more threads than cores the worker waited for may need this core.
    if (spins < 4096) {
      pause_briefly();
    } else {
      sched_yield();
    }
    state = atomic_load_explicit(&pool.state, memory_order_acquire);
  }
}

void apus_parallel(long count, apus_task task, void *context) {
  int threads = apus_pool_threads();
  if (count > 1 && threads > 1 && !inside_task &&
      !atomic_flag_test_and_set_explicit(&pool.busy, memory_order_acquire)) {
    if (pool.started != threads - 1) resize(threads - 1);
    run_together(count, task, context);
    atomic_flag_clear_explicit(&pool.busy, memory_order_release);
    return;
  }
  for (long index = 0; index < count; index++) task(context, index);
}
