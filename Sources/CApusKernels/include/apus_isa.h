// Which instruction set the kernels use: chosen once from the CPU's features, or forced by APUS_ISA.
#ifndef APUS_ISA_H
#define APUS_ISA_H

#include "apus_types.h"

typedef enum { APUS_ISA_BASELINE = 0, APUS_ISA_AVX2 = 1, APUS_ISA_AVX512 = 2, APUS_ISA_NEON = 3 } apus_isa;

apus_isa apus_isa_current(void);
const char *apus_isa_name(apus_isa isa);
// Forces an instruction set (tests); false, with nothing changed, when this CPU lacks it.
bool apus_isa_force(apus_isa isa);
// Measured multiply-add throughput of one thread in FLOP/s (a register-only loop of about 10 ms).
double apus_isa_measure_peak(void);
// Measured rate of a copy in bytes read and written per second, by all threads, through `memory`, which should be much
// larger than the caches; it is overwritten.
double apus_isa_measure_bandwidth(void *memory, size_t bytes);

#endif
