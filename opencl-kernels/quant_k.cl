/*
 * K-quants: super-blocks of 256 values with small integer scales for groups of 16 or 32. Needs
 * quant.cl.
 *
 * Macro:
 *   DTYPE  q2_k q3_k q4_k q5_k q6_k; q4_k by default.
 */
#ifndef DTYPE
#define DTYPE q4_k
#endif

INLINE int16 q2_k_codes(INPUT block, int sub, int side) {
  int16 bytes = convert_int16(vload16(0, block + 16 + sub / 4 * 32 + 16 * side));
  return bytes >> (sub % 4 * 2) & 3;
}

/* A byte holds the scale of 16 values and what is taken off them. */
CODES(q2_k) {
  INPUT block = row + 84 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block + 80);
  float m = half_at(block + 82);
  int first = block[2 * sub];
  int second = block[2 * sub + 1];
  *low = q2_k_codes(block, sub, 0);
  *high = q2_k_codes(block, sub, 1);
  *scales = (float4)(
      d * (float)(first & 15), d * (float)(second & 15), m * (float)(first >> 4),
      m * (float)(second >> 4));
}
DECODE_CODES(q2_k)

/* Eight bytes hold the low nibbles of two scales each, four bytes two high bits of four. */
INLINE float q3_k_scale(INPUT block, int index) {
  INPUT scales = block + 96;
  int low = scales[index % 8] >> (index / 8 * 4) & 15;
  int high = scales[8 + index % 4] >> (index / 4 * 2) & 3;
  return half_at(block + 108) * (float)((low | high << 4) - 32);
}

INLINE int16 q3_k_codes(INPUT block, int sub, int side) {
  int16 bytes = convert_int16(vload16(0, block + 32 + sub / 4 * 32 + 16 * side));
  int16 mask = convert_int16(vload16(0, block + 16 * side));
  return (bytes >> (sub % 4 * 2) & 3) + (mask >> sub & 1) * 4 - 4;
}

CODES(q3_k) {
  INPUT block = row + 110 * (group / 8);
  int sub = (int)(group % 8);
  *low = q3_k_codes(block, sub, 0);
  *high = q3_k_codes(block, sub, 1);
  *scales =
      (float4)(q3_k_scale(block, 2 * sub), q3_k_scale(block, 2 * sub + 1), 0.0f, 0.0f);
}
DECODE_CODES(q3_k)

/* Six-bit fields of groups 0 to 3 lie in eight bytes; those of 4 to 7 in nibbles and top bits. */
INLINE int six_bit_scale(INPUT packed, int sub) {
  return sub < 4 ? packed[sub] & 63 : (packed[sub + 4] & 15) | packed[sub - 4] >> 6 << 4;
}

INLINE int six_bit_min(INPUT packed, int sub) {
  return sub < 4 ? packed[sub + 4] & 63 : packed[sub + 4] >> 4 | packed[sub] >> 6 << 4;
}

/* Of Q4_K and Q5_K alike. */
INLINE float4 six_bit_scales(INPUT block, int sub) {
  float scale = half_at(block) * (float)six_bit_scale(block + 4, sub);
  float least = half_at(block + 2) * (float)six_bit_min(block + 4, sub);
  return (float4)(scale, scale, least, least);
}

CODES(q4_k) {
  INPUT block = row + 144 * (group / 8);
  int sub = (int)(group % 8);
  INPUT qs = block + 16 + sub / 2 * 32;
  int shift = sub % 2 * 4;
  *low = convert_int16(vload16(0, qs)) >> shift & 15;
  *high = convert_int16(vload16(1, qs)) >> shift & 15;
  *scales = six_bit_scales(block, sub);
}

#ifdef HAS_LOOKUP16
DECODE(q4_k) {
  INPUT block = row + 144 * (group / 8);
  int sub = (int)(group % 8);
  INPUT qs = block + 16 + sub / 2 * 32;
  int shift = sub % 2 * 4;
  float4 scales = six_bit_scales(block, sub);
  float16 values =
      scales.x * (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) - scales.z;
  *low = lookup16(values, convert_int16(vload16(0, qs)) >> shift);
  *high = lookup16(values, convert_int16(vload16(1, qs)) >> shift);
}
#else
DECODE_CODES(q4_k)
#endif

INLINE int16 q5_k_codes(INPUT block, int sub, int side) {
  int16 fours = convert_int16(vload16(side, block + 48 + sub / 2 * 32)) >> (sub % 2 * 4) & 15;
  return fours | (convert_int16(vload16(side, block + 16)) >> sub & 1) << 4;
}

CODES(q5_k) {
  INPUT block = row + 176 * (group / 8);
  int sub = (int)(group % 8);
  *low = q5_k_codes(block, sub, 0);
  *high = q5_k_codes(block, sub, 1);
  *scales = six_bit_scales(block, sub);
}
DECODE_CODES(q5_k)

INLINE int16 q6_k_codes(INPUT block, int sub, int side) {
  int quarter = sub % 4;
  int16 low_bits =
      convert_int16(vload16(0, block + sub / 4 * 64 + quarter % 2 * 32 + 16 * side));
  int16 high_bits = convert_int16(vload16(0, block + 128 + sub / 4 * 32 + 16 * side));
  int16 q = (low_bits >> (quarter / 2 * 4) & 15) | (high_bits >> (quarter * 2) & 3) << 4;
  return q - 32;
}

CODES(q6_k) {
  INPUT block = row + 210 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block + 208);
  *low = q6_k_codes(block, sub, 0);
  *high = q6_k_codes(block, sub, 1);
  *scales = (float4)(
      d * (float)(char)block[192 + 2 * sub], d * (float)(char)block[193 + 2 * sub], 0.0f, 0.0f);
}
DECODE_CODES(q6_k)
