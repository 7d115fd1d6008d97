// The worker pool: one per process, workers spin for a moment after work and then park.
#ifndef APUS_POOL_H
#define APUS_POOL_H

#include "apus_types.h"

typedef void (*apus_task)(void *context, long index);

// Sets how many threads compute, the caller included; 0 means one per available core. Callable at any time.
void apus_pool_set_threads(int threads);
int apus_pool_threads(void);

// Runs task(context, i) once for each i in 0..<count and returns when all are done. The order and the thread of each
// index are unspecified, so a task must write only what belongs to its index. Callable from any thread: a caller that
// finds the pool busy (or is itself inside a task) runs its indices alone.
void apus_parallel(long count, apus_task task, void *context);

#endif
