// Attention, forward. A task takes a run of queries of one head through all tiles of keys that they see: scores, their
// exponentials relative to the largest score so far, and the values weighted with these; what was summed before is
// scaled when a larger score comes (Milakov & Gimelshein 2018).
#include "attention_private.h"
#include "scratch_private.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "attention_forward.inc"
#include "each_isa.inc"

enum {
  RUN = 16 * QUERY_TILE, // queries of a task, for which keys and values are packed once
  FEW = 4,               // queries below which packing keys is not worth it
};

typedef struct {
  const apus_attention_shape *shape;
  const float *q, *k, *v;
  const void *mask;
  float *out, *log_sum;
  long runs; // tasks of a head
  apus_slots slots;
} attention_job;

// A task's scratch: packed keys and values, scores, and for each query the largest score and the sum.
static size_t slot_bytes(const apus_attention_shape *s) {
  const long floats = attention_packed(s->head_size, KEY_TILE) + attention_packed(KEY_TILE, s->value_size) +
                      QUERY_TILE * KEY_TILE + 2 * RUN;
  return (size_t)floats * sizeof(float);
}

static long runs_of(const apus_attention_shape *s) { return apus_ceiling_divide(s->query_time, RUN); }
static long tasks_of(const apus_attention_shape *s) { return s->batch * s->heads * runs_of(s); }

size_t apus_attention_f32_scratch(const apus_attention_shape *s) {
  return apus_slots_size(apus_larger(1, tasks_of(s)), slot_bytes(s));
}

// Where one head's arrays start.
typedef struct {
  long b, h;
  const float *q, *k, *v;
  float *out, *log_sum;
  long out_row;
} attention_head;

static attention_head head_at(const attention_job *job, long index) {
  const apus_attention_shape *s = job->shape;
  const long b = index / s->heads, h = index % s->heads, key_head = h / (s->heads / s->key_heads);
  return (attention_head){
      .b = b,
      .h = h,
      .q = job->q + b * s->q.batch + h * s->q.head,
      .k = job->k + b * s->k.batch + key_head * s->k.head,
      .v = job->v + b * s->v.batch + key_head * s->v.head,
      .out = job->out + (b * s->query_time * s->heads + h) * s->value_size,
      .log_sum = job->log_sum + index * s->query_time,
      .out_row = s->heads * s->value_size,
  };
}

// The exponentials of some rows of scores, and what is in `out` scaled to fit them.
static void weigh(const attention_job *job, const attention_head *at, long first_query, long rows, long first_key,
                  long n, float *scores, float *largest, float *sum) {
  const apus_attention_shape *s = job->shape;
  for (long r = 0; r < rows; r++) {
    const long i = first_query + r;
    const attention_mask mask = attention_mask_at(s, job->mask, at->b, at->h, i, first_key);
    const float factor = ISA_SELECT(attention_exponentials)(n, attention_visible(s, i, first_key, n), &mask,
                                                            scores + r * KEY_TILE, &largest[r], &sum[r]);
    if (first_key > 0 && factor != 1) ISA_SELECT(attention_multiply)(s->value_size, factor, at->out + i * at->out_row);
  }
}

// Few queries: keys and values are read once, where they lie.
static void few_queries(const attention_job *job, const attention_head *at, float *scores, float *largest, float *sum) {
  const apus_attention_shape *s = job->shape;
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  for (long j = 0; j < s->key_time; j += KEY_TILE) {
    const long n = apus_smaller(KEY_TILE, s->key_time - j);
    for (long i = 0; i < s->query_time; i++) {
      const long seen = attention_visible(s, i, j, n);
      if (seen == 0) continue;
      kernels->dots(s->head_size, seen, at->q + i * s->q.time, at->k + j * s->k.time, s->k.time, scores);
      ISA_SELECT(attention_multiply)(seen, s->scale, scores);
      weigh(job, at, i, 1, j, seen, scores, largest + i, sum + i);
      kernels->combine(seen, s->value_size, scores, 1, at->v + j * s->v.time, s->v.time, j > 0,
                       at->out + i * at->out_row);
    }
  }
}

static void many_queries(const attention_job *job, const attention_head *at, long begin, long end, float *keys,
                         float *values, float *scores, float *largest, float *sum) {
  const apus_attention_shape *s = job->shape;
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const long keys_seen = s->causal ? apus_smaller(s->key_time, end) : s->key_time;
  const apus_cut cut = apus_cut_tiles(end - begin, QUERY_TILE);
  for (long j = 0; j < keys_seen; j += KEY_TILE) {
    const long n = apus_smaller(KEY_TILE, keys_seen - j);
    const attention_panels k = attention_pack(kernels, s->head_size, n, at->k + j * s->k.time, 1, s->k.time, keys);
    ISA_SELECT(attention_multiply)(attention_packed(s->head_size, n), s->scale, keys);
    const attention_panels v = attention_pack(kernels, n, s->value_size, at->v + j * s->v.time, s->v.time, 1, values);
    for (long piece = 0; piece < cut.pieces; piece++) {
      const long first = begin + apus_cut_begin(&cut, piece), last = begin + apus_cut_begin(&cut, piece + 1);
      const long seen = attention_visible(s, last - 1, j, n);
      if (seen == 0) continue;
      attention_product(last - first, attention_whole(&k, seen), s->head_size, at->q + first * s->q.time, s->q.time, 1,
                        &k, false, scores, KEY_TILE);
      weigh(job, at, first, last - first, j, seen, scores, largest + first - begin, sum + first - begin);
      attention_product(last - first, s->value_size, seen, scores, KEY_TILE, 1, &v, j > 0,
                        at->out + first * at->out_row, at->out_row);
    }
  }
}

static void attention_task(void *context, long index) {
  const attention_job *job = context;
  const apus_attention_shape *s = job->shape;
  const attention_head at = head_at(job, index / job->runs);
  const long begin = index % job->runs * RUN, end = apus_smaller(begin + RUN, s->query_time);

  float *const slot = apus_slot_take(&job->slots);
  float *const keys = slot, *const values = keys + attention_packed(s->head_size, KEY_TILE);
  float *const scores = values + attention_packed(KEY_TILE, s->value_size);
  float *const largest = scores + QUERY_TILE * KEY_TILE, *const sum = largest + RUN;
  for (long i = 0; i < end - begin; i++) largest[i] = -__builtin_inff(), sum[i] = 0;
  if (s->key_time == 0) {
    for (long i = begin; i < end; i++) memset(at.out + i * at.out_row, 0, (size_t)s->value_size * sizeof(float));
  } else if (s->query_time < FEW) {
    few_queries(job, &at, scores, largest, sum);
  } else {
    many_queries(job, &at, begin, end, keys, values, scores, largest, sum);
  }
  ISA_SELECT(attention_logarithms)(end - begin, largest, sum, at.log_sum + begin);
  for (long i = begin; i < end; i++) {
    ISA_SELECT(attention_multiply)(s->value_size, sum[i - begin], at.out + i * at.out_row);
  }
  apus_slot_give(slot);
}

void apus_attention_f32(const apus_attention_shape *shape, const float *q, const float *k, const float *v,
                        const void *mask, float *out, float *log_sum, void *scratch) {
  const long tasks = tasks_of(shape);
  if (tasks == 0) return;
  attention_job job = {
      shape, q, k, v, mask, out, log_sum, runs_of(shape), apus_slots_make(scratch, tasks, slot_bytes(shape))};
  apus_parallel(tasks, attention_task, &job);
}
