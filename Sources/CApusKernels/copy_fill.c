// Fills and iota.
#include "apus_copy.h"
#include "apus_pool.h"
#include "half_private.h"
#include "types_private.h"
#include "vector_types_private.h"
#include <string.h>

enum { TASK_ELEMENTS = 1 << 16 };

typedef struct {
  int size;
  long count;
  const void *value;
  unsigned char *destination;
} fill_job;

static void fill_task(void *context, long index) {
  const fill_job *job = context;
  long begin = index * TASK_ELEMENTS, n = job->count - begin < TASK_ELEMENTS ? job->count - begin : TASK_ELEMENTS;
  void *at = job->destination + begin * job->size;
  if (job->size == 4) {
    uint32_t value = *(const uint32_t *)job->value, *out = at;
    ELEMENTWISE_LOOP for (long i = 0; i < n; i++) out[i] = value;
  } else if (job->size == 2) {
    uint16_t value = *(const uint16_t *)job->value, *out = at;
    ELEMENTWISE_LOOP for (long i = 0; i < n; i++) out[i] = value;
  } else if (job->size == 8) {
    uint64_t value = *(const uint64_t *)job->value, *out = at;
    ELEMENTWISE_LOOP for (long i = 0; i < n; i++) out[i] = value;
  } else {
    memset(at, *(const unsigned char *)job->value, (size_t)n);
  }
}

void apus_fill(int element_size, long count, const void *value, void *destination) {
  fill_job job = {element_size, count, value, destination};
  if (count <= TASK_ELEMENTS)
    fill_task(&job, 0);
  else
    apus_parallel((count + TASK_ELEMENTS - 1) / TASK_ELEMENTS, fill_task, &job);
}

static void store_index(apus_dtype dtype, long k, void *element) {
  switch (dtype) {
  case APUS_BOOL:
    *(uint8_t *)element = k != 0;
    break;
  case APUS_U8:
  case APUS_I8:
    *(uint8_t *)element = (uint8_t)k;
    break;
  case APUS_I32:
    *(int32_t *)element = (int32_t)k;
    break;
  case APUS_U32:
    *(uint32_t *)element = (uint32_t)k;
    break;
  case APUS_I16:
  case APUS_U16:
    *(uint16_t *)element = (uint16_t)k;
    break;
  case APUS_I64:
  case APUS_U64:
    *(int64_t *)element = k;
    break;
  case APUS_F32:
    *(float *)element = (float)k;
    break;
  case APUS_F64:
    *(double *)element = (double)k;
    break;
  case APUS_F16:
    *(uint16_t *)element = half_of_double((double)k);
    break;
  case APUS_BF16:
    *(uint16_t *)element = brain_of_integer(k < 0, k < 0 ? 0 - (uint64_t)k : (uint64_t)k);
    break;
  }
}

typedef struct {
  apus_dtype dtype;
  long length, inner, size, count, per_task;
  unsigned char *y;
} iota_job;

// Runs of `inner` equal elements, from run index * per_task on.
static void iota_task(void *context, long index) {
  const iota_job *job = context;
  long begin = index * job->per_task, end = begin + job->per_task < job->count ? begin + job->per_task : job->count;
  unsigned char *at = job->y + begin * job->inner * job->size;
  for (long run = begin, k = begin % job->length; run < end; run++, k = k + 1 == job->length ? 0 : k + 1) {
    store_index(job->dtype, k, at);
    for (long i = 1; i < job->inner; i++) memcpy(at + i * job->size, at, (size_t)job->size);
    at += job->inner * job->size;
  }
}

void apus_iota(apus_dtype dtype, long outer, long length, long inner, void *y) {
  if (outer * length * inner == 0) return;
  iota_job job = {dtype, length, inner, apus_size_of(dtype), outer * length, TASK_ELEMENTS / inner + 1, y};
  if (job.per_task >= job.count)
    iota_task(&job, 0);
  else
    apus_parallel((job.count + job.per_task - 1) / job.per_task, iota_task, &job);
}
