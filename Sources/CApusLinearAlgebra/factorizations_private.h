// What the two element types share.
#ifndef APUS_FACTORIZATIONS_PRIVATE_H
#define APUS_FACTORIZATIONS_PRIVATE_H

#include "apus_factorizations.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *allocate_or_stop(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory == NULL) {
    fprintf(stderr, "linear algebra: out of memory (%zu bytes)\n", bytes);
    abort();
  }
  return memory;
}

#endif
