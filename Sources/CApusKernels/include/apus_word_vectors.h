// Word vectors learned by prediction: continuous bags of words and skip-grams (Mikolov et al. 2013a), with negative
// sampling or a hierarchical softmax over a tree of words (Mikolov et al. 2013b).
#ifndef APUS_WORD_VECTORS_H
#define APUS_WORD_VECTORS_H

#include "apus_types.h"

enum { APUS_WORD_VECTORS_LONGEST = 10000 }; // words of a sentence

typedef struct {
  // Rows of `stride` floats, a multiple of 16: what lies beyond the dimensions is 0 and stays it. Rows of output are
  // words with negative sampling, inner nodes of the tree without.
  float *input, *output;
  long stride, words;
  bool skip_gram;
  bool averages; // a bag's mean instead of its sum
  bool shrinks;  // windows of a random size up to `window`
  long window;
  // Samples of noise for each word, drawn by Walker's alias method; 0 for the tree.
  long negative;
  const uint32_t *alias_limits;
  const int32_t *aliases;
  // Word w's nodes and the turns taken at them, at path_starts[w] ..< path_starts[w + 1].
  const int32_t *path_starts, *path_nodes;
  const uint8_t *path_turns;
  // A word is kept where 32 random bits are below its limit; NULL keeps all.
  const uint32_t *keep_limits;
} apus_word_model;

// Trains on sentences first ..< last, of the words tokens[starts[s]] ..< tokens[starts[s + 1]], and returns how many
// words were kept. Each sentence has at most APUS_WORD_VECTORS_LONGEST words. `random` is the state of the generator.
long apus_word_vectors_train(const apus_word_model *model, const int32_t *tokens, const long *starts, long first,
                             long last, float rate, uint64_t *random);

// Jobs first ..< last in their order on the pool's threads, or on this one alone: job j is sentences
// jobs[j] ..< jobs[j + 1], learns at rates[j] and draws from seeds[j]. On several threads they write the same vectors
// without waiting for each other (Recht et al. 2011), so that the bits differ from run to run.
long apus_word_vectors_jobs(const apus_word_model *model, const int32_t *tokens, const long *starts, const long *jobs,
                            const float *rates, const uint64_t *seeds, long first, long last, bool alone);

#endif
