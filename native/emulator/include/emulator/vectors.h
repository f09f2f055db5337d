/* CUDA's vector types with their alignments; they stay trivial, so they may live in shared memory. */
#ifndef LEVIN_EMULATOR_VECTORS_H
#define LEVIN_EMULATOR_VECTORS_H

#include "qualifiers.h"

#define LEVIN_VECTORS(name, element, align2, align4)                                              \
  struct name##1 {                                                                                \
    element x;                                                                                    \
  };                                                                                              \
  struct __align__(align2) name##2 {                                                              \
    element x, y;                                                                                 \
  };                                                                                              \
  struct name##3 {                                                                                \
    element x, y, z;                                                                              \
  };                                                                                              \
  struct __align__(align4) name##4 {                                                              \
    element x, y, z, w;                                                                           \
  };                                                                                              \
  inline name##1 make_##name##1(element x) {                                                      \
    return {x};                                                                                   \
  }                                                                                               \
  inline name##2 make_##name##2(element x, element y) {                                           \
    return {x, y};                                                                                \
  }                                                                                               \
  inline name##3 make_##name##3(element x, element y, element z) {                                \
    return {x, y, z};                                                                             \
  }                                                                                               \
  inline name##4 make_##name##4(element x, element y, element z, element w) {                     \
    return {x, y, z, w};                                                                          \
  }

LEVIN_VECTORS(char, signed char, 2, 4)
LEVIN_VECTORS(uchar, unsigned char, 2, 4)
LEVIN_VECTORS(short, short, 4, 8)
LEVIN_VECTORS(ushort, unsigned short, 4, 8)
LEVIN_VECTORS(int, int, 8, 16)
LEVIN_VECTORS(uint, unsigned int, 8, 16)
LEVIN_VECTORS(long, long, 16, 16)
LEVIN_VECTORS(ulong, unsigned long, 16, 16)
LEVIN_VECTORS(longlong, long long, 16, 16)
LEVIN_VECTORS(ulonglong, unsigned long long, 16, 16)
LEVIN_VECTORS(float, float, 8, 16)
LEVIN_VECTORS(double, double, 16, 16)

#undef LEVIN_VECTORS

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1) : x(x), y(y), z(z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};

#endif
