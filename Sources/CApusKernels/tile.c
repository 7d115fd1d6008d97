#ifndef _GNU_SOURCE
#define _GNU_SOURCE // clock_gettime
#endif
#include "tile_private.h"

#include <time.h>

double apus_tile_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void apus_tile_keep(float value) { __asm__ volatile("" : : "m"(value)); }

double apus_isa_measure_peak(void) { return apus_tile_kernels_current()->measure_peak(); }
