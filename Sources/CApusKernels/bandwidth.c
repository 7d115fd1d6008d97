// How fast memory is, for profiles to compare with.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // clock_gettime
#endif
#include <string.h>

#include "apus_isa.h"
#include "apus_pool.h"
#include "tile_private.h"

typedef struct {
  const char *source;
  char *destination;
  size_t bytes;
} copy_job;

enum { PIECES = 64, REPETITIONS = 5 };

static void copy_piece(void *context, long index) {
  const copy_job *job = context;
  const size_t each = job->bytes / PIECES;
  memcpy(job->destination + (size_t)index * each, job->source + (size_t)index * each, each);
}

double apus_isa_measure_bandwidth(void *memory, size_t bytes) {
  const size_t half = bytes / 2 / PIECES * PIECES;
  copy_job job = {memory, (char *)memory + half, half};
  memset(memory, 1, bytes);
  double best = 0;
  for (int i = 0; i < REPETITIONS; i++) {
    const double start = apus_tile_seconds();
    apus_parallel(PIECES, copy_piece, &job);
    const double rate = 2.0 * (double)half / (apus_tile_seconds() - start);
    if (rate > best) best = rate;
  }
  return best;
}
