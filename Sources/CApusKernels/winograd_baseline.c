#include "winograd_private.h"

// Vectors wider than a register are passed between inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

#define ISA(name) name##_baseline
#define VLEN 4
#include "winograd_kernels.inc"
