#ifndef APUS_RANDOM_PRIVATE_H
#define APUS_RANDOM_PRIVATE_H

#include <stdint.h>

// One block of Philox 4x32-10 under any counter: what the published test vectors state.
void apus_philox_block(const uint32_t key[2], const uint32_t counter[4], uint32_t words[4]);

#endif
