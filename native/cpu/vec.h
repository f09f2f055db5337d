/*
 * Vector types of the compiler and the operations that need no particular instruction set. Everything
 * lives in an unnamed namespace, so that each instruction set keeps its own copy.
 */
#ifndef LEVIN_CPU_VEC_H
#define LEVIN_CPU_VEC_H

#include <stdint.h>
#include <string.h>

#define LEVIN_INLINE inline __attribute__((always_inline))

namespace {

typedef uint8_t U8x16 __attribute__((vector_size(16)));
typedef uint8_t U8x32 __attribute__((vector_size(32)));
typedef int8_t I8x32 __attribute__((vector_size(32)));
typedef int8_t I8x8 __attribute__((vector_size(8)));
typedef uint8_t U8x8 __attribute__((vector_size(8)));
typedef uint16_t U16x8 __attribute__((vector_size(16)));
typedef uint16_t U16x16 __attribute__((vector_size(32)));
typedef int16_t I16x16 __attribute__((vector_size(32)));
typedef int32_t I32x8 __attribute__((vector_size(32)));
typedef uint32_t U32x8 __attribute__((vector_size(32)));
typedef uint32_t U32x4 __attribute__((vector_size(16)));
typedef uint64_t U64x2 __attribute__((vector_size(16)));
typedef uint64_t U64x4 __attribute__((vector_size(32)));
typedef float F32x8 __attribute__((vector_size(32)));

template <typename T>
LEVIN_INLINE T load(const void* p) {
  T value;
  memcpy(&value, p, sizeof(T));
  return value;
}

template <typename T>
LEVIN_INLINE void store(void* p, T value) {
  memcpy(p, &value, sizeof(T));
}

LEVIN_INLINE U8x32 splat8(uint8_t value) {
  return U8x32{} + value;
}

LEVIN_INLINE U8x32 smaller(U8x32 a, U8x32 b) {
  return a < b ? a : b;
}

LEVIN_INLINE F32x8 splat_f32(float value) {
  return F32x8{} + value;
}

LEVIN_INLINE F32x8 to_float(I32x8 v) {
  return __builtin_convertvector(v, F32x8);
}

LEVIN_INLINE float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

/* Shifts every byte; bits of a neighbour that arrive at the top are for the caller to mask. */
LEVIN_INLINE U8x32 shift_right(U8x32 v, int count) {
  return (U8x32)((U32x8)v >> (uint32_t)count);
}

}  // namespace

#endif
