#include "apus_isa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// What the code runs on when nothing better is found: arm64 always has NEON.
#if defined(__aarch64__)
#define LOWEST APUS_ISA_NEON
#else
#define LOWEST APUS_ISA_BASELINE
#endif

static bool supported(apus_isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  switch (isa) {
  case APUS_ISA_BASELINE:
    return true;
  case APUS_ISA_AVX2:
    return avx2;
  case APUS_ISA_AVX512:
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  case APUS_ISA_NEON:
    return false;
  }
  return false;
#else
  return isa == LOWEST;
#endif
}

const char *apus_isa_name(apus_isa isa) {
  switch (isa) {
  case APUS_ISA_BASELINE:
    return "baseline";
  case APUS_ISA_AVX2:
    return "avx2";
  case APUS_ISA_AVX512:
    return "avx512";
  case APUS_ISA_NEON:
    return "neon";
  }
  return "unknown";
}

// The one that APUS_ISA names, if this CPU has it; otherwise the best there is.
static apus_isa choose(void) {
  static const apus_isa best_first[] = {APUS_ISA_AVX512, APUS_ISA_AVX2, APUS_ISA_NEON, APUS_ISA_BASELINE};
  const int count = (int)(sizeof best_first / sizeof best_first[0]);
  const char *wanted = getenv("APUS_ISA");
  for (int i = 0; wanted && i < count; i++) {
    if (strcmp(wanted, apus_isa_name(best_first[i])) == 0 && supported(best_first[i])) return best_first[i];
  }
  for (int i = 0; i < count; i++) {
    if (supported(best_first[i])) return best_first[i];
  }
  return LOWEST;
}

// -1 until the first question. Two threads that ask at once choose the same.
static atomic_int current = -1;

apus_isa apus_isa_current(void) {
  int isa = atomic_load_explicit(&current, memory_order_relaxed);
  if (isa >= 0) return (apus_isa)isa;
  apus_isa chosen = choose();
  int unset = -1;
  // A force in between wins.
  if (atomic_compare_exchange_strong(&current, &unset, (int)chosen)) return chosen;
  return (apus_isa)unset;
}

bool apus_isa_force(apus_isa isa) {
  if (!supported(isa)) return false;
  atomic_store(&current, (int)isa);
  return true;
}
