// Scaled dot-product attention in tiles: no array of all scores is made (Dao et al. 2022).
#ifndef APUS_ATTENTION_H
#define APUS_ATTENTION_H

#include "apus_types.h"

typedef enum { APUS_MASK_NONE, APUS_MASK_BOOL, APUS_MASK_FLOAT } apus_mask_kind;

// Strides of [batch, time, heads, features] in elements; the features lie next to each other.
typedef struct {
  long batch, time, head;
} apus_attention_strides;

// Element (b, h, i, j) of the mask is mask[b * mask_batch + h * mask_head + i * mask_query + j * mask_key]; strides of 0
// broadcast. A bool mask is true where a key is seen, a float one is added to the scores. Head h sees the keys of head
// h * key_heads / heads. Keys that a causal query does not see are not read.
typedef struct {
  long batch, heads, key_heads, query_time, key_time, head_size, value_size;
  apus_attention_strides q, k, v;
  float scale;
  bool causal; // query i sees keys 0 ... i
  apus_mask_kind mask_kind;
  long mask_batch, mask_head, mask_query, mask_key;
} apus_attention_shape;

// Bytes of scratch (64-byte aligned), for any number of threads.
size_t apus_attention_f32_scratch(const apus_attention_shape *shape);
// out [batch, query_time, heads, value_size] and log_sum [batch, heads, query_time], both dense: 0 and -infinity for a
// query that sees no key.
void apus_attention_f32(const apus_attention_shape *shape, const float *q, const float *k, const float *v,
                        const void *mask, float *out, float *log_sum, void *scratch);

size_t apus_attention_gradient_f32_scratch(const apus_attention_shape *shape);
// Dense gradients of q, k and v from the cotangents g of out and log_sum_g of log_sum, all four dense.
void apus_attention_gradient_f32(const apus_attention_shape *shape, const float *q, const float *k, const float *v,
                                 const float *out, const float *log_sum, const float *g, const float *log_sum_g,
                                 const void *mask, float *dq, float *dk, float *dv, void *scratch);

#endif
