/*
 * The 256-bit vocabulary of x86: AVX2, FMA and F16C, and vpdpbusd where LEVIN_VNNI is defined.
 *
 * Codes are unsigned bytes and meet signed activations. vpmaddubsw saturates at 16 bits, so without
 * VNNI codes beyond 7 bits ("wide") stay signed, and |code| meets the activation with the code's sign.
 * With VNNI they become unsigned by adding 128.
 */
#ifndef LEVIN_CPU_ISA_X86_H
#define LEVIN_CPU_ISA_X86_H

#include <immintrin.h>

#include "vec.h"

namespace {

/* Tokens that meet a row while its codes are in registers. */
constexpr int kRowTokens = 4;

#if defined(LEVIN_VNNI)
constexpr int kWideZero = 128;
#else
constexpr int kWideZero = 0;
#endif

/* Sixteen products of words are an instruction less than as many of bytes, signs moved. */
constexpr bool kWideWords = kWideZero == 0;

LEVIN_INLINE U8x32 load_pair16(const uint8_t* p) {
  return (U8x32)_mm256_broadcastsi128_si256(load<__m128i>(p));
}

/* Sixteen bytes and sixteen others. */
LEVIN_INLINE U8x32 load_two16(const uint8_t* low, const uint8_t* high) {
  return (U8x32)_mm256_inserti128_si256(_mm256_castsi128_si256(load<__m128i>(low)), load<__m128i>(high), 1);
}

/* Eight bytes, four times. */
LEVIN_INLINE U8x32 load_four8(const uint8_t* p) {
  return (U8x32)_mm256_set1_epi64x(load<int64_t>(p));
}

LEVIN_INLINE F32x8 halves_to_float(U16x8 halves) {
  return (F32x8)_mm256_cvtph_ps((__m128i)halves);
}

/* An F16 number, in every lane. */
LEVIN_INLINE F32x8 splat_half(const uint8_t* p) {
  return (F32x8)_mm256_cvtph_ps(_mm_set1_epi16(load<int16_t>(p)));
}

/* Lane i: the four bytes at p + kStride * i. Reads no further than kStride bytes behind the last. */
template <int kStride>
LEVIN_INLINE U32x8 strided_words(const uint8_t* p) {
  constexpr int kStep = kStride - 4;
  __m256i v = load<__m256i>(p);
  v = _mm256_blend_epi32(v, load<__m256i>(p + kStep), 1 << 1);
  v = _mm256_blend_epi32(v, load<__m256i>(p + 2 * kStep), 1 << 2);
  v = _mm256_blend_epi32(v, load<__m256i>(p + 3 * kStep), 1 << 3);
  v = _mm256_blend_epi32(v, load<__m256i>(p + 4 * kStep), 1 << 4);
  v = _mm256_blend_epi32(v, load<__m256i>(p + 5 * kStep), 1 << 5);
  v = _mm256_blend_epi32(v, load<__m256i>(p + 6 * kStep), 1 << 6);
  return (U32x8)_mm256_blend_epi32(v, load<__m256i>(p + 7 * kStep), 1 << 7);
}

/* Eight F16 numbers that lie kStride bytes apart. */
template <int kStride>
LEVIN_INLINE F32x8 strided_halves(const uint8_t* p) {
  if (kStride > 32) {
    U16x8 inserted = {load<uint16_t>(p),
                      load<uint16_t>(p + kStride),
                      load<uint16_t>(p + 2 * kStride),
                      load<uint16_t>(p + 3 * kStride),
                      load<uint16_t>(p + 4 * kStride),
                      load<uint16_t>(p + 5 * kStride),
                      load<uint16_t>(p + 6 * kStride),
                      load<uint16_t>(p + 7 * kStride)};
    return halves_to_float(inserted);
  }
  __m256i words = (__m256i)strided_words<kStride>(p);
#if defined(__AVX512VL__)
  __m128i halves = _mm256_cvtepi32_epi16(words);
#else
  words = _mm256_packus_epi32(_mm256_and_si256(words, _mm256_set1_epi32(0xffff)), words);
  __m128i halves = _mm256_castsi256_si128(_mm256_permute4x64_epi64(words, _MM_SHUFFLE(3, 1, 2, 0)));
#endif
  return (F32x8)_mm256_cvtph_ps(halves);
}

/*
 * Adds kValue to byte i where bit i of the 16-bit word kWord behind low is set, to byte i + 16 where bit i of the one
 * behind high is.
 */
template <int kWord, int kValue>
LEVIN_INLINE U8x32 add_at_bits(U8x32 v, const uint8_t* low, const uint8_t* high) {
#if defined(__AVX512BW__)
  uint32_t bits = load<uint16_t>(low + 2 * kWord) | (uint32_t)load<uint16_t>(high + 2 * kWord) << 16;
  return (U8x32)_mm256_mask_add_epi8((__m256i)v, bits, (__m256i)v, _mm256_set1_epi8(kValue));
#else
  constexpr uint64_t kByte = 0x0101010101010101;
  const U64x4 bytes = {2 * kWord * kByte, (2 * kWord + 1) * kByte, 2 * kWord * kByte, (2 * kWord + 1) * kByte};
  const U8x32 select = (U8x32)(U64x4{} + 0x8040201008040201);
  __m256i words =
      _mm256_blend_epi32(_mm256_set1_epi32(load<int32_t>(low)), _mm256_set1_epi32(load<int32_t>(high)), 0xf0);
  U8x32 spread = (U8x32)_mm256_shuffle_epi8(words, (__m256i)bytes) & select;
  return v | ((U8x32)(spread == select) & splat8(kValue));
#endif
}

/* The even and the odd ones of sixteen bytes. */
LEVIN_INLINE void byte_pairs(const uint8_t* p, U32x8& even, U32x8& odd) {
  const U32x8 evens = {0x80808000, 0x80808002, 0x80808004, 0x80808006,
                       0x80808008, 0x8080800a, 0x8080800c, 0x8080800e};
  __m256i bytes = (__m256i)load_pair16(p);
  even = (U32x8)_mm256_shuffle_epi8(bytes, (__m256i)evens);
  odd = (U32x8)_mm256_shuffle_epi8(bytes, (__m256i)(evens + 1));
}

/* Looks every code below 16 up in a table. */
LEVIN_INLINE U8x32 lookup16(const uint8_t* table, U8x32 codes) {
  return (U8x32)_mm256_shuffle_epi8((__m256i)load_pair16(table), (__m256i)codes);
}

/* Per byte, not below zero. */
LEVIN_INLINE U8x32 subtract_saturated(U8x32 a, U8x32 b) {
  return (U8x32)_mm256_subs_epu8((__m256i)a, (__m256i)b);
}

LEVIN_INLINE F32x8 fma(F32x8 a, F32x8 b, F32x8 c) {
  return (F32x8)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

/* Eight unsigned bytes. The compiler's own conversions of narrow vectors go element by element. */
LEVIN_INLINE F32x8 bytes_to_float(uint64_t bytes) {
  return to_float((I32x8)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)bytes)));
}

/* The even and the odd ones of sixteen signed bytes. */
LEVIN_INLINE void byte_pairs_to_float(U8x16 bytes, F32x8& even, F32x8& odd) {
  __m256i words = _mm256_cvtepi8_epi16((__m128i)bytes);
  even = to_float((I32x8)_mm256_srai_epi32(_mm256_slli_epi32(words, 16), 16));
  odd = to_float((I32x8)_mm256_srai_epi32(words, 16));
}

LEVIN_INLINE U16x16 widen_bytes(U8x16 bytes) {
  return (U16x16)_mm256_cvtepu8_epi16((__m128i)bytes);
}

LEVIN_INLINE U32x8 widen_words(U16x8 words) {
  return (U32x8)_mm256_cvtepu16_epi32((__m128i)words);
}

#if defined(LEVIN_VNNI)
LEVIN_INLINE __m256i dot_accumulate(__m256i sum, __m256i codes, __m256i x) {
#if defined(__AVXVNNI__) && !defined(__AVX512VNNI__)
  return _mm256_dpbusd_avx_epi32(sum, codes, x);
#else
  return _mm256_dpbusd_epi32(sum, codes, x);
#endif
}
#endif

/*
 * Lane i: the products of bytes 4i to 4i + 3 of kCount vectors, summed. Narrow codes are small enough for the sums
 * of a lane's pairs to fit 16 bits.
 */
template <bool kWide, int kCount>
LEVIN_INLINE I32x8 dot(const U8x32* codes, const uint8_t* x) {
#if defined(LEVIN_VNNI)
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < kCount; i++) {
    sum = dot_accumulate(sum, (__m256i)codes[i], load<__m256i>(x + i * 32));
  }
  return (I32x8)sum;
#else
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i words = _mm256_setzero_si256();
  I32x8 sum = {};
  for (int i = 0; i < kCount; i++) {
    __m256i xi = load<__m256i>(x + i * 32);
    if (kWide) {
      __m256i magnitudes = _mm256_abs_epi8((__m256i)codes[i]);
      __m256i signed_x = _mm256_sign_epi8(xi, (__m256i)codes[i]);
      sum += (I32x8)_mm256_madd_epi16(_mm256_maddubs_epi16(magnitudes, signed_x), ones);
    } else {
      words = _mm256_add_epi16(words, _mm256_maddubs_epi16((__m256i)codes[i], xi));
    }
  }
  return kWide ? sum : (I32x8)_mm256_madd_epi16(words, ones);
#endif
}

/* For loops in which the compiler would rather load once for each use. */
LEVIN_INLINE void keep_in_register(__m256i& v) {
  asm("" : "+x"(v));
}

/* For loops with as many sums as registers, where the compiler moves each sum about, or to the stack. */
LEVIN_INLINE void add_in_place(__m256i& sum, __m256i v) {
  asm("vpaddd %1, %0, %0" : "+x"(sum) : "x"(v));
}

/*
 * Sums of neighbours of a and of b, per 128 bits those of a first. Sums that fit 16 bits are packed and
 * added by one multiplication with ones.
 */
template <bool kFits16>
LEVIN_INLINE __m256i add_pairs(__m256i a, __m256i b) {
  if (kFits16) {
    return _mm256_madd_epi16(_mm256_packs_epi32(a, b), _mm256_set1_epi16(1));
  }
  __m256i even = (__m256i)_mm256_shuffle_ps((__m256)a, (__m256)b, _MM_SHUFFLE(2, 0, 2, 0));
  __m256i odd = (__m256i)_mm256_shuffle_ps((__m256)a, (__m256)b, _MM_SHUFFLE(3, 1, 3, 1));
  return _mm256_add_epi32(even, odd);
}

/*
 * Of sums of kProducts codes up to kMaxCode with an activation each. Lane i: the sum of v[i]'s lower four lanes,
 * lane i + 4: of its upper.
 */
template <int kMaxCode, int kProducts>
LEVIN_INLINE I32x8 reduce_quads(const I32x8* v) {
  constexpr bool kFits = kProducts * 127 * kMaxCode < 32768;
  constexpr bool kPairFits = 2 * kProducts * 127 * kMaxCode < 32768;
  __m256i a = add_pairs<kFits>((__m256i)v[0], (__m256i)v[1]);
  __m256i b = add_pairs<kFits>((__m256i)v[2], (__m256i)v[3]);
  return (I32x8)add_pairs<kPairFits>(a, b);
}

/* Likewise. Lanes i and i + 4: the sums of the first two of v[i]'s lower and upper four lanes; of odd: the last. */
template <int kMaxCode, int kProducts>
LEVIN_INLINE void reduce_pairs(const I32x8* v, I32x8& even, I32x8& odd) {
  constexpr bool kFits = kProducts * 127 * kMaxCode < 32768;
  __m256 a = (__m256)add_pairs<kFits>((__m256i)v[0], (__m256i)v[1]);
  __m256 b = (__m256)add_pairs<kFits>((__m256i)v[2], (__m256i)v[3]);
  even = (I32x8)_mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0));
  odd = (I32x8)_mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1));
}

/* Lane i: the sum of two neighbours, those of v[0] and then those of v[1]. */
LEVIN_INLINE I32x8 reduce_neighbours(const I32x8* v) {
  __m256i sums = add_pairs<false>((__m256i)v[0], (__m256i)v[1]);
  return (I32x8)_mm256_permute4x64_epi64(sums, _MM_SHUFFLE(3, 1, 2, 0));
}

/* Lane i of even: the sum of v[i]'s lower four lanes; of odd: of its upper. */
template <int kMaxCode>
LEVIN_INLINE void reduce_halves(const I32x8* v, I32x8& even, I32x8& odd) {
  __m256i first = (__m256i)reduce_quads<kMaxCode, 4>(v);
  __m256i second = (__m256i)reduce_quads<kMaxCode, 4>(v + 4);
  even = (I32x8)_mm256_permute2x128_si256(first, second, 0x20);
  odd = (I32x8)_mm256_permute2x128_si256(first, second, 0x31);
}

LEVIN_INLINE I32x8 round_to_int(F32x8 v) {
  return (I32x8)_mm256_cvtps_epi32((__m256)v);
}

/* 32 integers of at most a byte. */
LEVIN_INLINE void store_bytes(const I32x8* v, uint8_t* target) {
  __m256i first = _mm256_packs_epi32((__m256i)v[0], (__m256i)v[1]);
  __m256i second = _mm256_packs_epi32((__m256i)v[2], (__m256i)v[3]);
  __m256i bytes = _mm256_packs_epi16(first, second);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  store(target, _mm256_permutevar8x32_epi32(bytes, order));
}

/* 8 x 8 dwords; row i becomes column i. */
LEVIN_INLINE void transpose8(__m256i* r) {
  __m256i t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
  __m256i u[8];
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
    u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
    u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
    u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
    r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
  }
}

}  // namespace

#endif
