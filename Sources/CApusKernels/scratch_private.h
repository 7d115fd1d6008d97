// Dividing the caller's scratch memory. Tasks do not know which thread they run on, so each takes a free slot and gives
// it back: there are as many as there are cores, and with more threads than that a task waits for one.
#ifndef APUS_SCRATCH_PRIVATE_H
#define APUS_SCRATCH_PRIVATE_H

#include <sched.h>
#include <stdatomic.h>

#include "apus_types.h"
#include "pool_private.h"

enum { APUS_SCRATCH_ALIGNMENT = 64 };

typedef struct {
  char *memory;
  long count;
  size_t bytes; // of one slot, the flag in front not counted
} apus_slots;

static inline size_t apus_aligned(size_t bytes) {
  return (bytes + APUS_SCRATCH_ALIGNMENT - 1) / APUS_SCRATCH_ALIGNMENT * APUS_SCRATCH_ALIGNMENT;
}

static inline long apus_slots_count(long tasks) {
  long cores = apus_pool_cores();
  return tasks < cores ? tasks : cores;
}

static inline size_t apus_slots_stride(size_t bytes) { return APUS_SCRATCH_ALIGNMENT + apus_aligned(bytes); }

static inline size_t apus_slots_size(long tasks, size_t bytes) {
  return (size_t)apus_slots_count(tasks) * apus_slots_stride(bytes);
}

static inline atomic_int *apus_slot_flag(const apus_slots *slots, long index) {
  return (atomic_int *)(void *)(slots->memory + (size_t)index * apus_slots_stride(slots->bytes));
}

static inline apus_slots apus_slots_make(void *memory, long tasks, size_t bytes) {
  apus_slots slots = {memory, apus_slots_count(tasks), bytes};
  for (long i = 0; i < slots.count; i++) atomic_init(apus_slot_flag(&slots, i), 0);
  return slots;
}

static inline void *apus_slot_take(const apus_slots *slots) {
  for (;;) {
    for (long i = 0; i < slots->count; i++) {
      atomic_int *flag = apus_slot_flag(slots, i);
      if (atomic_load_explicit(flag, memory_order_relaxed) == 0 &&
          atomic_exchange_explicit(flag, 1, memory_order_acquire) == 0) {
        return (char *)flag + APUS_SCRATCH_ALIGNMENT;
      }
    }
    sched_yield();
  }
}

static inline void apus_slot_give(void *slot) {
  atomic_store_explicit((atomic_int *)(void *)((char *)slot - APUS_SCRATCH_ALIGNMENT), 0, memory_order_release);
}

#endif
