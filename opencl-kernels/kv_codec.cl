/*
 * Keys and values as they lie in pages: load_kv16 reads 16 values of a row, store_kv32 writes 32
 * with the bits of the dtype's codec.
 *
 * Macro:
 *   KV_TYPE  KV_F32 (the default), KV_F16, KV_BF16, KV_F8_E4M3, KV_F8_E5M2, KV_Q8_0 or KV_Q4_0
 */
#define KV_F32 0
#define KV_F16 1
#define KV_BF16 2
#define KV_F8_E4M3 3
#define KV_Q8_0 4
#define KV_Q4_0 5
#define KV_F8_E5M2 6
#ifndef KV_TYPE
#define KV_TYPE KV_F32
#endif

/* Rounds to nearest even; whatever exceeds 448, infinities included, becomes 448 of its sign. */
INLINE uchar e4m3_of(float value) {
  uint sign = as_uint(value) >> 24 & 0x80;
  uint bits = as_uint(value) & 0x7fffffff;
  if (isnan(value)) {
    return (uchar)(sign | 0x7f);
  }
  int exponent = (int)(bits >> 23) - 120;
  uint code = exponent <= 0 ? (uint)rint(fabs(value) * 512.0f)
                            : ((bits + 0x7ffff + (bits >> 20 & 1)) >> 20) - (120 << 3);
  return (uchar)(sign | min(code, 0x7eu));
}

/* Rounds to nearest even; values from 61440 on become infinity. */
INLINE uchar e5m2_of(float value) {
  uint sign = as_uint(value) >> 24 & 0x80;
  uint bits = as_uint(value) & 0x7fffffff;
  if (isnan(value)) {
    return (uchar)(sign | 0x7e);
  }
  int exponent = (int)(bits >> 23) - 112;
  uint code = exponent <= 0 ? (uint)rint(fabs(value) * 65536.0f)
                            : ((bits + 0xfffff + (bits >> 21 & 1)) >> 21) - (112 << 2);
  return (uchar)(sign | min(code, 0x7cu));
}

#if KV_TYPE == KV_Q8_0 || KV_TYPE == KV_Q4_0
/* The first value whose magnitude no other exceeds, with its sign. */
INLINE float extreme_of(const float *values) {
  float best = 0.0f;
  for (int i = 0; i < 32; i++) {
    best = fabs(values[i]) > fabs(best) ? values[i] : best;
  }
  return best;
}

INLINE float inverse_of(float scale) {
  return scale == 0.0f ? 0.0f : 1.0f / scale;
}
#endif

#if KV_TYPE == KV_Q8_0
INLINE float16 load_kv16(INPUT row, long chunk, long size) {
  INPUT block = row + 34 * (chunk / 2);
  const __global char *qs = (const __global char *)(block + 2);
  return half_at(block) * convert_float16(vload16(chunk % 2, qs));
}

/* count is 32 in block formats. */
INLINE void store_kv32(GLOBAL row, long group, int count, const float *values) {
  GLOBAL block = row + 34 * group;
  float d = fabs(extreme_of(values)) / 127.0f;
  float inverse = inverse_of(d);
  vstore_half_rte(d, 0, (__global half *)block);
  for (int i = 0; i < 32; i++) {
    block[2 + i] = (uchar)convert_int_sat(round(values[i] * inverse));
  }
}
#elif KV_TYPE == KV_Q4_0
INLINE float16 load_kv16(INPUT row, long chunk, long size) {
  INPUT block = row + 18 * (chunk / 2);
  int16 pairs = convert_int16(vload16(0, block + 2));
  return half_at(block) * convert_float16((pairs >> (int)(chunk % 2 * 4) & 15) - 8);
}

INLINE int four_bits_of(float value, float inverse) {
  return clamp(convert_int_sat(fma(value, inverse, 8.5f)), 0, 15);
}

INLINE void store_kv32(GLOBAL row, long group, int count, const float *values) {
  GLOBAL block = row + 18 * group;
  float d = extreme_of(values) / -8.0f;
  float inverse = inverse_of(d);
  vstore_half_rte(d, 0, (__global half *)block);
  for (int i = 0; i < 16; i++) {
    int low = four_bits_of(values[i], inverse);
    block[2 + i] = (uchar)(low | four_bits_of(values[i + 16], inverse) << 4);
  }
}
#else

#if KV_TYPE == KV_F32
typedef float kv_element;
#define KV_LOAD_ONE(p) (*(p))
#define KV_LOAD_MANY(p) LOAD16(__global, p)
#define KV_STORE_ONE(value, p) (*(p) = (value))
#elif KV_TYPE == KV_F16
typedef half kv_element;
#define KV_LOAD_ONE(p) vload_half(0, p)
#define KV_LOAD_MANY(p) vload_half16(0, p)
#define KV_STORE_ONE(value, p) vstore_half_rte(value, 0, p)
#elif KV_TYPE == KV_BF16
typedef ushort kv_element;
#define KV_LOAD_ONE(p) as_float((uint)*(p) << 16)
#define KV_LOAD_MANY(p) as_float16(convert_uint16(vload16(0, p)) << 16)
#define KV_STORE_ONE(value, p) (*(p) = bf16_of(value))
#elif KV_TYPE == KV_F8_E5M2
typedef uchar kv_element;
#define KV_LOAD_ONE(p) e5m2_to_float((uchar16)(*(p))).s0
#define KV_LOAD_MANY(p) e5m2_to_float(vload16(0, p))
#define KV_STORE_ONE(value, p) (*(p) = e5m2_of(value))
#else
typedef uchar kv_element;
#define KV_LOAD_ONE(p) e4m3_to_float((uchar16)(*(p))).s0
#define KV_LOAD_MANY(p) e4m3_to_float(vload16(0, p))
#define KV_STORE_ONE(value, p) (*(p) = e4m3_of(value))
#endif

/* Values [16 chunk, 16 chunk + 16) of a row of size values; zeros past its end. */
INLINE float16 load_kv16(INPUT row, long chunk, long size) {
  const __global kv_element *values = (const __global kv_element *)row + 16 * chunk;
  if (16 * chunk + 16 <= size) {
    return KV_LOAD_MANY(values);
  }
  float rest[16];
  for (int i = 0; i < 16; i++) {
    rest[i] = 16 * chunk + i < size ? KV_LOAD_ONE(values + i) : 0.0f;
  }
  return vload16(0, rest);
}

/* Writes the first count of 32 values to [32 group, 32 group + count). */
INLINE void store_kv32(GLOBAL row, long group, int count, const float *values) {
  __global kv_element *to = (__global kv_element *)row + 32 * group;
  for (int i = 0; i < count; i++) {
    KV_STORE_ONE(values[i], to + i);
  }
}
#endif
