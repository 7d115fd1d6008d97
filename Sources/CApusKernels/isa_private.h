// How one kernel body serves several instruction sets without compiler flags.
//
// A body `foo.inc` names its functions ISA(name) and counts on VLEN floats in a vector register. It is compiled by one
// small .c file for each instruction set, which defines the two macros and pushes the target onto every function:
//
//   file             compiled for          VLEN  target attribute
//   foo_baseline.c   any CPU (arm64: NEON)  4    none
//   foo_avx2.c       x86-64                 8    "avx2,fma"
//   foo_avx512.c     x86-64                16    "avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"
//
// (each_isa.inc does the same within a single file, for bodies that need no VLEN.) APUS_FOR_ISA then picks the copy for
// the CPU at hand.
#ifndef APUS_ISA_PRIVATE_H
#define APUS_ISA_PRIVATE_H

#include "apus_isa.h"

#if defined(__x86_64__)
#define APUS_FOR_ISA(name)                                                                                             \
  (apus_isa_current() == APUS_ISA_AVX512 ? name##_avx512                                                               \
   : apus_isa_current() == APUS_ISA_AVX2 ? name##_avx2                                                                 \
                                         : name##_baseline)
#else
#define APUS_FOR_ISA(name) name##_baseline
#endif

#endif
