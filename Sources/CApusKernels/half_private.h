// The half types as their bits, by integer arithmetic without branches, so that loops over these functions vectorise
// on every instruction set. "half" is IEEE binary16, "brain" is bfloat16. All round to nearest even, once.
#ifndef APUS_HALF_PRIVATE_H
#define APUS_HALF_PRIVATE_H

#include "vector_types_private.h"
#include <stdbool.h>

INLINE uint32_t half_float_bits(float x) { return __builtin_bit_cast(uint32_t, x); }
INLINE float half_bits_float(uint32_t bits) { return __builtin_bit_cast(float, bits); }

INLINE float float_of_half(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
  // The exponents' biases differ by 112; that of infinity and NaN moves as far once more.
  uint32_t normal = (magnitude << 13) + (magnitude >= 0x7c00 ? 224u << 23 : 112u << 23);
  uint32_t subnormal = half_float_bits((float)(int32_t)magnitude * 0x1p-24f);
  return half_bits_float(sign | (magnitude < 0x400 ? subnormal : normal));
}

INLINE uint16_t half_of_float(float x) {
  uint32_t bits = half_float_bits(x), magnitude = bits & 0x7fffffff;
  // Adding a half leaves multiples of 2^-24, the smallest half, in the sum's low bits.
  uint32_t subnormal = half_float_bits(half_bits_float(magnitude) + 0.5f) - half_float_bits(0.5f);
  // Rounding may carry into the exponent, also into that of infinity.
  uint32_t bounded = magnitude < 0x47800000 ? magnitude : 0x47800000;
  uint32_t normal = ((bounded + 0xfff + (bounded >> 13 & 1)) >> 13) - (112u << 10);
  uint32_t number = magnitude < 0x38800000 ? subnormal : normal;
  uint32_t nan = 0x7e00 | (magnitude >> 13 & 0x3ff);
  return (uint16_t)((bits >> 16 & 0x8000) | (magnitude > 0x7f800000 ? nan : number));
}

INLINE float float_of_brain(uint16_t b) { return half_bits_float((uint32_t)b << 16); }

INLINE uint16_t brain_of_float(float x) {
  uint32_t bits = half_float_bits(x);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, nan = bits >> 16 | 0x40;
  return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

// The float on either side of x whose last bit is 1, or x itself if it is a float: a second rounding to fewer bits
// then does what a single one would.
INLINE float float_rounded_to_odd(double x) {
  float y = (float)x;
  uint32_t bits = half_float_bits(y);
  bool even = !(bits & 1), beyond = __builtin_fabs((double)y) > __builtin_fabs(x);
  bool inexact = (double)y < x || (double)y > x;
  // Of the two neighbours that enclose x one is even, so the other is an even one's predecessor or successor.
  return half_bits_float(inexact && even ? bits + (beyond ? 0xffffffffu : 1u) : bits);
}
INLINE uint16_t half_of_double(double x) { return half_of_float(float_rounded_to_odd(x)); }
INLINE uint16_t brain_of_double(double x) { return brain_of_float(float_rounded_to_odd(x)); }

// From 2^53 on, the bits that a double may lose are gathered in one that it keeps.
INLINE uint16_t brain_of_integer(bool negative, uint64_t magnitude) {
  uint64_t lost = magnitude & 0x7ff;
  uint64_t kept = magnitude >> 53 ? (magnitude ^ lost) | (uint64_t)(lost != 0) << 11 : magnitude;
  return (uint16_t)(brain_of_double((double)kept) | (negative ? 0x8000 : 0));
}

#endif
