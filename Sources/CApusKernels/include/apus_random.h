// Counter-based random bits.
#ifndef APUS_RANDOM_H
#define APUS_RANDOM_H

#include "apus_types.h"

// Philox 4x32-10 (Salmon et al. 2011): words 4 * i ... 4 * i + 3 of the output are the block of counter
// (low 32 bits of i, high 32 bits of i, stream, 0) under `key`; the last block may be cut.
void apus_philox(const uint32_t key[2], uint32_t stream, long count, uint32_t *words);

#endif
