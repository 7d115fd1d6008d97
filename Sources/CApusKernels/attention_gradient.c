// The gradient of attention. A task takes one head of keys with all queries that see it: the probabilities come from
// the scores once more, tile by tile, and every tile adds its part to all three gradients (Dao et al. 2022).
#include "attention_private.h"
#include "scratch_private.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "attention_gradient.inc"
#include "each_isa.inc"

typedef struct {
  const apus_attention_shape *shape;
  const float *q, *k, *v, *out, *log_sum, *g, *log_sum_g;
  const void *mask;
  float *dq, *dk, *dv;
  apus_slots slots;
} gradient_job;

// A task's scratch.
typedef struct {
  float *keys, *values;               // as columns, the keys scaled: scores and the probabilities' cotangents
  float *key_rows;                    // as rows, scaled: the gradient of the queries
  float *query_rows, *cotangent_rows; // of one tile of queries
  float *scores, *changes;            // [QUERY_TILE, KEY_TILE]: probabilities and the scores' cotangents
} gradient_scratch;

static size_t slot_bytes(const apus_attention_shape *s) {
  const long floats = 2 * attention_packed(s->head_size, KEY_TILE) + attention_packed(s->value_size, KEY_TILE) +
                      attention_packed(KEY_TILE, s->head_size) + attention_packed(QUERY_TILE, s->head_size) +
                      attention_packed(QUERY_TILE, s->value_size) + 2 * QUERY_TILE * KEY_TILE;
  return (size_t)floats * sizeof(float);
}

static gradient_scratch divided(const apus_attention_shape *s, float *slot) {
  gradient_scratch m;
  m.keys = slot;
  m.values = m.keys + attention_packed(s->head_size, KEY_TILE);
  m.key_rows = m.values + attention_packed(s->value_size, KEY_TILE);
  m.query_rows = m.key_rows + attention_packed(KEY_TILE, s->head_size);
  m.cotangent_rows = m.query_rows + attention_packed(QUERY_TILE, s->head_size);
  m.scores = m.cotangent_rows + attention_packed(QUERY_TILE, s->value_size);
  m.changes = m.scores + QUERY_TILE * KEY_TILE;
  return m;
}

// Where one head of queries and its head of keys start; dq, dk and dv are dense.
typedef struct {
  long b, h;
  const float *q, *k, *v, *out, *g, *log_sum, *log_sum_g;
  float *dq, *dk, *dv;
  long q_row, k_row, out_row, v_row; // of the dense arrays
} gradient_head;

static gradient_head head_at(const gradient_job *job, long b, long h) {
  const apus_attention_shape *s = job->shape;
  const long key_head = h / (s->heads / s->key_heads);
  const long query = b * s->query_time * s->heads + h, key = b * s->key_time * s->key_heads + key_head;
  return (gradient_head){
      .b = b,
      .h = h,
      .q = job->q + b * s->q.batch + h * s->q.head,
      .k = job->k + b * s->k.batch + key_head * s->k.head,
      .v = job->v + b * s->v.batch + key_head * s->v.head,
      .out = job->out + query * s->value_size,
      .g = job->g + query * s->value_size,
      .log_sum = job->log_sum + (b * s->heads + h) * s->query_time,
      .log_sum_g = job->log_sum_g + (b * s->heads + h) * s->query_time,
      .dq = job->dq + query * s->head_size,
      .dk = job->dk + key * s->head_size,
      .dv = job->dv + key * s->value_size,
      .q_row = s->heads * s->head_size,
      .k_row = s->key_heads * s->head_size,
      .out_row = s->heads * s->value_size,
      .v_row = s->key_heads * s->value_size,
  };
}

// One tile of queries against one of keys, packed in k, v and k_rows. `keys` of them may be seen.
static void tile_gradient(const gradient_job *job, const gradient_head *at, const gradient_scratch *m, long first,
                          long rows, long first_key, long keys, const attention_panels *k, const attention_panels *v,
                          const attention_panels *k_rows) {
  const apus_attention_shape *s = job->shape;
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const float *const q = at->q + first * s->q.time, *const g = at->g + first * at->out_row;
  attention_product(rows, attention_whole(k, keys), s->head_size, q, s->q.time, 1, k, false, m->scores, KEY_TILE);
  attention_product(rows, attention_whole(v, keys), s->value_size, g, at->out_row, 1, v, false, m->changes, KEY_TILE);
  for (long r = 0; r < rows; r++) {
    const long i = first + r;
    const float delta =
        ISA_SELECT(attention_dot)(s->value_size, g + r * at->out_row, at->out + i * at->out_row) - at->log_sum_g[i];
    const attention_mask mask = attention_mask_at(s, job->mask, at->b, at->h, i, first_key);
    ISA_SELECT(attention_changes)
    (keys, attention_visible(s, i, first_key, keys), &mask, at->log_sum[i], delta, m->scores + r * KEY_TILE,
     m->changes + r * KEY_TILE);
  }
  const attention_panels q_rows = attention_pack(kernels, rows, s->head_size, q, s->q.time, 1, m->query_rows);
  const attention_panels g_rows = attention_pack(kernels, rows, s->value_size, g, at->out_row, 1, m->cotangent_rows);
  attention_product(keys, s->value_size, rows, m->scores, 1, KEY_TILE, &g_rows, true, at->dv + first_key * at->v_row,
                    at->v_row);
  attention_product(keys, s->head_size, rows, m->changes, 1, KEY_TILE, &q_rows, true, at->dk + first_key * at->k_row,
                    at->k_row);
  attention_product(rows, s->head_size, keys, m->changes, KEY_TILE, 1, k_rows, true, at->dq + first * at->q_row,
                    at->q_row);
}

static void head_gradient(const gradient_job *job, const gradient_head *at, const gradient_scratch *m) {
  const apus_attention_shape *s = job->shape;
  const apus_tile_kernels *kernels = apus_tile_kernels_current();
  const apus_cut cut = apus_cut_tiles(s->query_time, QUERY_TILE);
  for (long i = 0; i < s->query_time; i++) memset(at->dq + i * at->q_row, 0, (size_t)s->head_size * sizeof(float));
  const long keys_seen = s->causal ? apus_smaller(s->key_time, s->query_time) : s->key_time;
  for (long j = 0; j < keys_seen; j += KEY_TILE) {
    const long n = apus_smaller(KEY_TILE, keys_seen - j);
    const float *const key = at->k + j * s->k.time, *const value = at->v + j * s->v.time;
    const attention_panels k = attention_pack(kernels, s->head_size, n, key, 1, s->k.time, m->keys);
    const attention_panels v = attention_pack(kernels, s->value_size, n, value, 1, s->v.time, m->values);
    const attention_panels k_rows = attention_pack(kernels, n, s->head_size, key, s->k.time, 1, m->key_rows);
    ISA_SELECT(attention_multiply)(attention_packed(s->head_size, n), s->scale, m->keys);
    ISA_SELECT(attention_multiply)(attention_packed(n, s->head_size), s->scale, m->key_rows);
    for (long piece = 0; piece < cut.pieces; piece++) {
      const long first = apus_cut_begin(&cut, piece), last = apus_cut_begin(&cut, piece + 1);
      const long seen = attention_visible(s, last - 1, j, n);
      if (seen > 0) tile_gradient(job, at, m, first, last - first, j, seen, &k, &v, &k_rows);
    }
  }
}

static void gradient_task(void *context, long index) {
  const gradient_job *job = context;
  const apus_attention_shape *s = job->shape;
  const long b = index / s->key_heads, group = s->heads / s->key_heads, first = index % s->key_heads * group;
  void *const slot = apus_slot_take(&job->slots);
  const gradient_scratch m = divided(s, slot);
  const gradient_head keys = head_at(job, b, first);
  for (long j = 0; j < s->key_time; j++) {
    memset(keys.dk + j * keys.k_row, 0, (size_t)s->head_size * sizeof(float));
    memset(keys.dv + j * keys.v_row, 0, (size_t)s->value_size * sizeof(float));
  }
  for (long h = first; h < first + group; h++) {
    const gradient_head at = head_at(job, b, h);
    head_gradient(job, &at, &m);
  }
  for (long j = 0; j < s->key_time; j++)
    ISA_SELECT(attention_multiply)(s->head_size, s->scale, keys.dk + j * keys.k_row);
  apus_slot_give(slot);
}

size_t apus_attention_gradient_f32_scratch(const apus_attention_shape *s) {
  return apus_slots_size(apus_larger(1, s->batch * s->key_heads), slot_bytes(s));
}

void apus_attention_gradient_f32(const apus_attention_shape *shape, const float *q, const float *k, const float *v,
                                 const float *out, const float *log_sum, const float *g, const float *log_sum_g,
                                 const void *mask, float *dq, float *dk, float *dv, void *scratch) {
  const long tasks = shape->batch * shape->key_heads;
  if (tasks == 0) return;
  gradient_job job = {
      shape, q, k, v, out, log_sum, g, log_sum_g, mask, dq, dk, dv, apus_slots_make(scratch, tasks, slot_bytes(shape))};
  apus_parallel(tasks, gradient_task, &job);
}
