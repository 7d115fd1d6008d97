// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011).
#include "apus_pool.h"
#include "apus_random.h"
#include "random_private.h"
#include "vector_types_private.h"
#include <string.h>

#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u // added to the key after each round
#define WEYL_1 0xBB67AE85u

enum { ROUNDS = 10, BLOCKS_AT_ONCE = 8, TASK_BLOCKS = 8192 };

void apus_philox_block(const uint32_t key[2], const uint32_t counter[4], uint32_t words[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < ROUNDS; round++, k0 += WEYL_0, k1 += WEYL_1) {
    uint64_t p0 = (uint64_t)MULTIPLIER_0 * c0, p1 = (uint64_t)MULTIPLIER_1 * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1, c3 = (uint32_t)p0;
  }
  words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

#define APUS_ISA_BODY "random_kernel.inc"
#include "each_isa.inc"

typedef struct {
  const uint32_t *key;
  uint32_t stream;
  long count;
  uint32_t *words;
} random_job;

static void random_task(void *context, long index) {
  const random_job *job = context;
  uint64_t block = (uint64_t)index * TASK_BLOCKS, end = block + TASK_BLOCKS, whole = (uint64_t)job->count / 4;
  if (end > whole) end = whole;
  uint64_t vectors = block < end ? (end - block) / BLOCKS_AT_ONCE : 0;
  ISA_SELECT(philox_blocks)(job->key, job->stream, block, (long)vectors, job->words + 4 * block);
  block += vectors * BLOCKS_AT_ONCE;
  for (; 4 * block < (uint64_t)job->count && block < (uint64_t)(index + 1) * TASK_BLOCKS; block++) {
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), job->stream, 0}, words[4];
    apus_philox_block(job->key, counter, words);
    uint64_t rest = (uint64_t)job->count - 4 * block;
    memcpy(job->words + 4 * block, words, (rest < 4 ? rest : 4) * sizeof(uint32_t));
  }
}

void apus_philox(const uint32_t key[2], uint32_t stream, long count, uint32_t *words) {
  random_job job = {key, stream, count, words};
  long blocks = (count + 3) / 4;
  if (blocks <= TASK_BLOCKS)
    random_task(&job, 0);
  else
    apus_parallel((blocks + TASK_BLOCKS - 1) / TASK_BLOCKS, random_task, &job);
}
