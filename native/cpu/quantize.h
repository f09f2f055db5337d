/* Rounds activations to blocks of 32 signed bytes, in the layout that kernels.h describes. */
#ifndef LEVIN_CPU_QUANTIZE_H
#define LEVIN_CPU_QUANTIZE_H

#include "rows.h"

namespace {

/* Below it, the reciprocal of a scale overflows: such a block is zero. */
constexpr uint32_t kSmallestBits = 0x03000000u;

constexpr uint32_t kInfinityBits = 0x7f800000u;

typedef int16_t I16x8 __attribute__((vector_size(16)));

LEVIN_INLINE uint32_t largest_magnitude_bits(const F32x8* x) {
  I32x8 largest = {};
  for (int i = 0; i < 4; i++) {
    I32x8 bits = (I32x8)x[i] & 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  int32_t result = 0;
  for (int i = 0; i < 8; i++) {
    result = largest[i] > result ? largest[i] : result;
  }
  return (uint32_t)result;
}

LEVIN_INLINE int32_t sum_lanes(I32x8 v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* A block with a NaN or an infinity gets the scale NaN, and so does whatever it meets. */
LEVIN_INLINE float quantize_block(const float* source, uint8_t* q, int32_t* half_sums) {
  F32x8 x[4];
  memcpy(x, source, sizeof(x));
  uint32_t bits = largest_magnitude_bits(x);
  half_sums[0] = 0;
  half_sums[1] = 0;
  if (bits < kSmallestBits || bits >= kInfinityBits) {
    memset(q, 0, kBlock);
    return bits < kSmallestBits ? 0 : from_bits(0x7fc00000u);
  }
  float largest = from_bits(bits);
  float inverse = 127.0f / largest;
  I32x8 rounded[4];
  for (int i = 0; i < 4; i++) {
    rounded[i] = round_to_int(x[i] * inverse);
  }
  store_bytes(rounded, q);
  half_sums[0] = sum_lanes(rounded[0] + rounded[1]);
  half_sums[1] = sum_lanes(rounded[2] + rounded[3]);
  return largest / 127.0f;
}

LEVIN_INLINE void store_words(const uint8_t* q, uint8_t* target) {
  int16_t words[kBlock];
  for (int i = 0; i < kBlock; i++) {
    words[i] = (int8_t)q[i];
  }
  memcpy(target, words, sizeof(words));
}

void quantize_row(const Scheme& scheme, const float* x, int64_t k, int64_t padded, uint8_t* row) {
  int64_t blocks = padded / kBlock;
  float* scales = (float*)(row + padded);
  uint8_t* even = row + padded + blocks * 4;
  uint8_t* odd = even + blocks * 4;
  for (int64_t block = 0; block < blocks; block++) {
    uint8_t q[kBlock] = {};
    int32_t sums[2] = {};
    scales[block] = block * kBlock < k ? quantize_block(x + block * kBlock, q, sums) : 0;
    uint8_t* span = row + block / kLanes * kSpan;
    for (int u = 0; u < kUnits; u++) {
      store(span + unit_at(scheme.order, (int)(block % kLanes), u), load<uint64_t>(q + u * kUnit));
    }
    if (scheme.words) {
      store_words(q, odd + block * kBlock * 2);
    }
    int32_t first = scheme.half_group ? sums[0] : sums[0] + sums[1];
    if (scheme.has_min) {
      store(even + block * 4, scales[block] * (float)first);
    } else {
      store(even + block * 4, -scheme.zero * first);
    }
    if (scheme.half_group && scheme.has_min) {
      store(odd + block * 4, scales[block] * (float)sums[1]);
    } else if (scheme.half_group) {
      store(odd + block * 4, -scheme.zero * sums[1]);
    }
  }
}

}  // namespace

#endif
