/*
 * Blocks of 32 values with one scale: value i shares a byte with value i + 16, fifth bits are
 * gathered in one word, value i at bit i. Needs quant.cl.
 *
 * Macro:
 *   DTYPE  q4_0 q4_1 q5_0 q5_1 q8_0; q4_0 by default.
 */
#ifndef DTYPE
#define DTYPE q4_0
#endif

INLINE int16 fifth_bits(uint word, int first) {
  uint16 shifts = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + (uint)first;
  return convert_int16((((uint16)(word) >> shifts) & 1u) << 4);
}

CODES(q4_0) {
  INPUT block = row + 18 * group;
  float d = half_at(block);
  uchar16 pairs = vload16(0, block + 2);
  *low = convert_int16(pairs & (uchar16)(15)) - 8;
  *high = convert_int16(pairs >> (uchar16)(4)) - 8;
  *scales = (float4)(d, d, 0.0f, 0.0f);
}

CODES(q4_1) {
  INPUT block = row + 20 * group;
  float d = half_at(block);
  float m = half_at(block + 2);
  uchar16 pairs = vload16(0, block + 4);
  *low = convert_int16(pairs & (uchar16)(15));
  *high = convert_int16(pairs >> (uchar16)(4));
  *scales = (float4)(d, d, -m, -m);
}

#ifdef HAS_LOOKUP16
DECODE(q4_0) {
  INPUT block = row + 18 * group;
  int16 pairs = convert_int16(vload16(0, block + 2));
  float16 values =
      half_at(block) * (float16)(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  *low = lookup16(values, pairs);
  *high = lookup16(values, pairs >> 4);
}

DECODE(q4_1) {
  INPUT block = row + 20 * group;
  int16 pairs = convert_int16(vload16(0, block + 4));
  float16 values =
      half_at(block) * (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) +
      half_at(block + 2);
  *low = lookup16(values, pairs);
  *high = lookup16(values, pairs >> 4);
}
#else
DECODE_CODES(q4_0)
DECODE_CODES(q4_1)
#endif

CODES(q5_0) {
  INPUT block = row + 22 * group;
  float d = half_at(block);
  uint fifths = u32_at(block + 2);
  int16 pairs = convert_int16(vload16(0, block + 6));
  *low = ((pairs & 15) | fifth_bits(fifths, 0)) - 16;
  *high = ((pairs >> 4) | fifth_bits(fifths, 16)) - 16;
  *scales = (float4)(d, d, 0.0f, 0.0f);
}
DECODE_CODES(q5_0)

CODES(q5_1) {
  INPUT block = row + 24 * group;
  float d = half_at(block);
  float m = half_at(block + 2);
  uint fifths = u32_at(block + 4);
  int16 pairs = convert_int16(vload16(0, block + 8));
  *low = (pairs & 15) | fifth_bits(fifths, 0);
  *high = (pairs >> 4) | fifth_bits(fifths, 16);
  *scales = (float4)(d, d, -m, -m);
}
DECODE_CODES(q5_1)

CODES(q8_0) {
  INPUT block = row + 34 * group;
  float d = half_at(block);
  const __global char *qs = (const __global char *)(block + 2);
  *low = convert_int16(vload16(0, qs));
  *high = convert_int16(vload16(1, qs));
  *scales = (float4)(d, d, 0.0f, 0.0f);
}
DECODE_CODES(q8_0)
