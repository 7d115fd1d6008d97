#include "apus_word_vectors.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "apus_pool.h"
#include "vector_types_private.h"

enum { ROWS_MOST = 8 };

#define APUS_ISA_BODY "word_vectors_kernels.inc"
#include "each_isa.inc"

typedef void (*step_kernel)(long count, long stride, const float *hidden, float *const *rows, const float *labels,
                            float rate, float *gradient);
typedef void (*add_kernel)(long stride, float *to, const float *x, float factor);

typedef struct {
  const apus_word_model *model;
  step_kernel step;
  add_kernel add;
  float rate;
  uint64_t random;
  float *hidden, *gradient; // of a stride each
  // Rows that were chosen for the next step.
  long count;
  float *rows[ROWS_MOST];
  float labels[LANES];
} trainer;

// Knuth's linear congruential generator; the upper bits are the better ones.
INLINE uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)(*state >> 32);
}

INLINE long below(uint64_t *state, long count) { return (long)((uint64_t)next_random(state) * (uint64_t)count >> 32); }

INLINE void flush(trainer *t, const float *hidden) {
  if (t->count) t->step(t->count, t->model->stride, hidden, t->rows, t->labels, t->rate, t->gradient);
  t->count = 0;
}

INLINE void choose(trainer *t, const float *hidden, long row, float label) {
  float *at = t->model->output + row * t->model->stride;
  // The rows lie anywhere: all of them are on their way while the first is worked on.
  for (long j = 0; j < t->model->stride; j += 16) __builtin_prefetch(at + j, 1);
  t->rows[t->count] = at;
  t->labels[t->count++] = label;
  if (t->count == ROWS_MOST) flush(t, hidden);
}

// Has `hidden` predict a word; the gradient with respect to it is left in t->gradient.
static void predict(trainer *t, const float *hidden, int32_t word) {
  const apus_word_model *m = t->model;
  memset(t->gradient, 0, (size_t)m->stride * sizeof(float));
  if (m->negative) {
    choose(t, hidden, word, 1);
    for (long n = 0; n < m->negative; n++) {
      const long place = below(&t->random, m->words);
      const long noise = next_random(&t->random) < m->alias_limits[place] ? place : m->aliases[place];
      if (noise != word) choose(t, hidden, noise, 0);
    }
  } else {
    for (long k = m->path_starts[word]; k < m->path_starts[word + 1]; k++)
      choose(t, hidden, m->path_nodes[k], m->path_turns[k] ? 0.0f : 1.0f);
  }
  flush(t, hidden);
}

static void train_sentence(trainer *t, const int32_t *words, long count) {
  const apus_word_model *m = t->model;
  const long stride = m->stride;
  for (long i = 0; i < count; i++) {
    const long reach = m->shrinks ? 1 + below(&t->random, m->window) : m->window;
    const long first = i < reach ? 0 : i - reach, last = count - 1 - i < reach ? count : i + reach + 1;
    if (m->skip_gram) {
      for (long j = first; j < last; j++) {
        if (j == i) continue;
        float *hidden = m->input + words[j] * stride;
        predict(t, hidden, words[i]);
        t->add(stride, hidden, t->gradient, 1);
      }
      continue;
    }
    if (last - first < 2) continue;
    memset(t->hidden, 0, (size_t)stride * sizeof(float));
    const float share = m->averages ? 1 / (float)(last - first - 1) : 1;
    for (long j = first; j < last; j++)
      if (j != i) t->add(stride, t->hidden, m->input + words[j] * stride, share);
    predict(t, t->hidden, words[i]);
    for (long j = first; j < last; j++)
      if (j != i) t->add(stride, m->input + words[j] * stride, t->gradient, 1);
  }
}

long apus_word_vectors_train(const apus_word_model *model, const int32_t *tokens, const long *starts, long first,
                             long last, float rate, uint64_t *random) {
  const size_t row = (size_t)model->stride * sizeof(float), kept_size = APUS_WORD_VECTORS_LONGEST * sizeof(int32_t);
  char *scratch = malloc(2 * row + kept_size);
  if (!scratch) return -1;
  trainer t = {.model = model,
               .step = ISA_SELECT(step),
               .add = ISA_SELECT(add),
               .rate = rate,
               .random = *random,
               .hidden = (float *)(void *)scratch,
               .gradient = (float *)(void *)(scratch + row)};
  int32_t *kept = (int32_t *)(void *)(scratch + 2 * row);
  long total = 0;
  for (long s = first; s < last; s++) {
    long count = 0;
    for (long i = starts[s]; i < starts[s + 1] && count < APUS_WORD_VECTORS_LONGEST; i++) {
      const int32_t word = tokens[i];
      if (!model->keep_limits || next_random(&t.random) <= model->keep_limits[word]) kept[count++] = word;
    }
    train_sentence(&t, kept, count);
    total += count;
  }
  *random = t.random;
  free(scratch);
  return total;
}

typedef struct {
  const apus_word_model *model;
  const int32_t *tokens;
  const long *starts, *jobs;
  const float *rates;
  const uint64_t *seeds;
  atomic_long next, kept;
  long last;
} job_queue;

static void run_jobs(void *context, long index) {
  (void)index;
  job_queue *q = context;
  for (long j; (j = atomic_fetch_add(&q->next, 1)) < q->last;) {
    uint64_t random = q->seeds[j];
    const long kept =
        apus_word_vectors_train(q->model, q->tokens, q->starts, q->jobs[j], q->jobs[j + 1], q->rates[j], &random);
    atomic_fetch_add(&q->kept, kept);
  }
}

long apus_word_vectors_jobs(const apus_word_model *model, const int32_t *tokens, const long *starts, const long *jobs,
                            const float *rates, const uint64_t *seeds, long first, long last, bool alone) {
  job_queue q = {
      .model = model, .tokens = tokens, .starts = starts, .jobs = jobs, .rates = rates, .seeds = seeds, .last = last};
  atomic_init(&q.next, first);
  atomic_init(&q.kept, 0);
  if (alone) {
    run_jobs(&q, 0);
  } else {
    apus_parallel(apus_pool_threads(), run_jobs, &q);
  }
  return atomic_load(&q.kept);
}
