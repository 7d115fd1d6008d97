// Markov decision processes: Bellman's sweeps over sparse transitions, and elimination without subtractions.
#ifndef APUS_DECISION_H
#define APUS_DECISION_H

#include "apus_types.h"

// States from `first` to before the next stretch's. Those of a pattern have its transitions, counted from where each
// is, or are terminal.
typedef struct {
  int32_t first;
  int32_t pattern; // -1: each state's own transitions are read
  long rewards;    // where [actions, states of the stretch] rewards are; -1: each state has the pattern's
} apus_decision_stretch;

// Transitions that many states share, as those of a grid do: values are then read one after another, whole vectors at
// a time, and nothing else. Pattern p leads to states near[near_starts[p]] ..< near[near_starts[p + 1]] away; action a
// by weights[near_starts[p] * actions + a * their count ...], discounted, for the reward pattern_rewards[p * actions +
// a], which is -infinity if it cannot be taken.
typedef struct {
  long stretches;
  const apus_decision_stretch *at; // one more than there are stretches: the last begins where states end
  const int32_t *near_starts, *near;
  const void *weights, *pattern_rewards, *rewards;
  const uint8_t *acting; // a bit for each state, and 64 more: 0 where it is terminal
} apus_decision_patterns;

// How many states a pattern leads to at most.
#define APUS_DECISION_NEAR 8

// Row s * actions + a holds what action a does in state s: entries starts[row] ..< starts[row + 1]. An action without
// entries cannot be taken; a state without any is terminal, and its value 0.
typedef struct {
  long states, actions;
  const int32_t *starts, *successors;
  const void *probabilities; // float or double, one for each entry
  const void *rewards;       // float or double, the expected reward of each row
  double discount;
  bool single; // all numbers are floats, not doubles
  apus_decision_patterns patterns;
} apus_decision;

// next[s] = max over a of rewards[s, a] + discount * sum of probabilities * values, on the pool's threads. Returns the
// largest |next - values|.
double apus_decision_sweep(const apus_decision *process, const void *values, void *next);

// The same in place, state after state on this thread, from the first or from the last (Gauss-Seidel). Returns the
// largest change.
double apus_decision_sweep_in_place(const apus_decision *process, void *values, bool backwards);

// What each row is worth: rewards + discount * sum of probabilities * values; -infinity where it has no entries.
void apus_decision_backups(const apus_decision *process, const void *values, void *backups);

// Eliminates all but the first state of x = P x + b, from the last on, for a matrix [n, n] of non-negative P whose rows
// together with `leak` sum to one. No two numbers of a sign are subtracted, so that every entry keeps its relative
// accuracy however close to one the rows sum (Grassmann, Taksar & Heyman 1985; Alfa, Xue & Ye 2002). P's diagonal does
// not count. Changes p, leak and b ([n, m]); pivots[k] is what leaves state k. Returns a state that nothing leaves, or
// -1; state 0 is not looked at.
long apus_decision_eliminate(long n, long m, double *p, double *leak, double *b, double *pivots);

// After the elimination: x in the place of b.
void apus_decision_substitute(long n, long m, const double *p, const double *pivots, double *b);

#endif
