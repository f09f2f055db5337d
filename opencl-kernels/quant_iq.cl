/*
 * IQ formats: super-blocks of 256 values whose points index a grid, and the 4-bit formats with 16
 * non-linear levels, which have codes. grid holds the points of the type one after another, eight
 * (IQ1, IQ2) or four (IQ3) signed bytes each; the IQ4 types have none. Needs quant.cl.
 *
 * Macro:
 *   DTYPE  iq1_s iq1_m iq2_xxs iq2_xs iq2_s iq3_xxs iq3_s iq4_nl iq4_xs; iq4_nl by default.
 */
#ifndef DTYPE
#define DTYPE iq4_nl
#endif

/* Eight sign bits from seven: the number of negative values is always even. */
INLINE uint with_parity(uint seven_signs) {
  return seven_signs | (popcount(seven_signs) & 1u) << 7;
}

INLINE float8 signed_point(char8 magnitudes, uint signs, float scale) {
  int8 shifts = (int8)(0, 1, 2, 3, 4, 5, 6, 7);
  int8 mask = -((int8)((int)signs) >> shifts & 1);
  return scale * convert_float8((convert_int8(magnitudes) ^ mask) - mask);
}

INLINE float8 ternary_point(grid_pointer grid, uint index, float scale, float delta) {
  return scale * (convert_float8(vload8(index, grid)) + delta);
}

/* Four points share a word: three high index bits each, then scale, then sign of the shift. */
DECODE(iq1_s) {
  INPUT block = row + 50 * (group / 8);
  int sub = (int)(group % 8);
  uint word = u16_at(block + 34 + 2 * sub);
  float scale = half_at(block) * (float)(2 * (word >> 12 & 7) + 1);
  float delta = word & 0x8000 ? -0.125f : 0.125f;
  INPUT qs = block + 2 + 4 * sub;
  *low = (float16)(
      ternary_point(grid, qs[0] | (word & 7) << 8, scale, delta),
      ternary_point(grid, qs[1] | (word >> 3 & 7) << 8, scale, delta));
  *high = (float16)(
      ternary_point(grid, qs[2] | (word >> 6 & 7) << 8, scale, delta),
      ternary_point(grid, qs[3] | (word >> 9 & 7) << 8, scale, delta));
}

/* A point has a nibble: three high index bits, then sign of the shift. Two points have a scale. */
INLINE float16 iq1_m_half(INPUT block, grid_pointer grid, float d, int pair) {
  uint scales = u16_at(block + 48 + pair / 4 * 2);
  float scale = d * (float)(2 * (scales >> (pair % 4 * 3) & 7) + 1);
  uint nibbles = block[32 + pair];
  INPUT qs = block + 2 * pair;
  return (float16)(
      ternary_point(grid, qs[0] | (nibbles & 7) << 8, scale, nibbles & 8 ? -0.125f : 0.125f),
      ternary_point(
          grid, qs[1] | (nibbles >> 4 & 7) << 8, scale, nibbles & 128 ? -0.125f : 0.125f));
}

/* The top nibbles of the four scale words, the first lowest, spell the F16 scale. */
DECODE(iq1_m) {
  INPUT block = row + 56 * (group / 8);
  int sub = (int)(group % 8);
  ushort bits = 0;
  for (int i = 0; i < 4; i++) {
    bits |= (ushort)(u16_at(block + 48 + 2 * i) >> 12 << 4 * i);
  }
  float d = vload_half(0, (const half *)&bits);
  *low = iq1_m_half(block, grid, d, 2 * sub);
  *high = iq1_m_half(block, grid, d, 2 * sub + 1);
}

INLINE float quarter_scale(float d, uint four_bits) {
  return d * (0.5f + (float)four_bits) * 0.25f;
}

/* Four points share eight bytes: their indices, then four times seven signs and the scale. */
DECODE(iq2_xxs) {
  INPUT block = row + 66 * (group / 8);
  INPUT part = block + 2 + 8 * (group % 8);
  uint word = u32_at(part + 4);
  float scale = quarter_scale(half_at(block), word >> 28);
  *low = (float16)(
      signed_point(vload8(part[0], grid), with_parity(word & 127), scale),
      signed_point(vload8(part[1], grid), with_parity(word >> 7 & 127), scale));
  *high = (float16)(
      signed_point(vload8(part[2], grid), with_parity(word >> 14 & 127), scale),
      signed_point(vload8(part[3], grid), with_parity(word >> 21 & 127), scale));
}

INLINE float8 iq2_xs_point(INPUT p, grid_pointer grid, float scale) {
  uint word = u16_at(p);
  return signed_point(vload8(word & 511, grid), with_parity(word >> 9), scale);
}

DECODE(iq2_xs) {
  INPUT block = row + 74 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block);
  uint scales = block[66 + sub];
  float first = quarter_scale(d, scales & 15);
  float second = quarter_scale(d, scales >> 4);
  INPUT qs = block + 2 + 8 * sub;
  *low = (float16)(iq2_xs_point(qs, grid, first), iq2_xs_point(qs + 2, grid, first));
  *high = (float16)(iq2_xs_point(qs + 4, grid, second), iq2_xs_point(qs + 6, grid, second));
}

INLINE float8 iq2_s_point(INPUT block, grid_pointer grid, int point, float scale) {
  uint top = block[66 + point / 4] >> (point % 4 * 2) & 3;
  return signed_point(vload8(block[2 + point] | top << 8, grid), block[34 + point], scale);
}

DECODE(iq2_s) {
  INPUT block = row + 82 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block);
  uint scales = block[74 + sub];
  float first = quarter_scale(d, scales & 15);
  float second = quarter_scale(d, scales >> 4);
  *low = (float16)(
      iq2_s_point(block, grid, 4 * sub, first), iq2_s_point(block, grid, 4 * sub + 1, first));
  *high = (float16)(
      iq2_s_point(block, grid, 4 * sub + 2, second),
      iq2_s_point(block, grid, 4 * sub + 3, second));
}

/* Two points of four values, which share eight signs. */
INLINE float8 signed_pair(grid_pointer grid, uint first, uint second, uint signs, float scale) {
  return signed_point((char8)(vload4(first, grid), vload4(second, grid)), signs, scale);
}

/* Eight points share a word: seven signs for each two of them, then the scale. */
DECODE(iq3_xxs) {
  INPUT block = row + 98 * (group / 8);
  int sub = (int)(group % 8);
  uint word = u32_at(block + 66 + 4 * sub);
  float scale = half_at(block) * (0.5f + (float)(word >> 28)) * 0.5f;
  INPUT qs = block + 2 + 8 * sub;
  *low = (float16)(
      signed_pair(grid, qs[0], qs[1], with_parity(word & 127), scale),
      signed_pair(grid, qs[2], qs[3], with_parity(word >> 7 & 127), scale));
  *high = (float16)(
      signed_pair(grid, qs[4], qs[5], with_parity(word >> 14 & 127), scale),
      signed_pair(grid, qs[6], qs[7], with_parity(word >> 21 & 127), scale));
}

INLINE float8 iq3_s_pair(INPUT block, grid_pointer grid, int sub, int pair, float scale) {
  INPUT qs = block + 2 + 8 * sub + 2 * pair;
  uint top = (uint)block[66 + sub] >> (2 * pair);
  uint first = qs[0] | (top & 1) << 8;
  uint second = qs[1] | (top >> 1 & 1) << 8;
  return signed_pair(grid, first, second, block[74 + 4 * sub + pair], scale);
}

DECODE(iq3_s) {
  INPUT block = row + 110 * (group / 8);
  int sub = (int)(group % 8);
  uint four_bits = block[106 + sub / 2] >> (sub % 2 * 4) & 15;
  float scale = half_at(block) * (float)(1 + 2 * four_bits);
  *low = (float16)(
      iq3_s_pair(block, grid, sub, 0, scale), iq3_s_pair(block, grid, sub, 1, scale));
  *high = (float16)(
      iq3_s_pair(block, grid, sub, 2, scale), iq3_s_pair(block, grid, sub, 3, scale));
}

/* Codes have their index in the low four bits and anything above. */
INLINE int16 level_codes(uchar16 codes) {
  char16 table =
      (char16)(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
  return convert_int16(shuffle(table, codes & (uchar16)(15)));
}

CODES(iq4_nl) {
  INPUT block = row + 18 * group;
  float d = half_at(block);
  uchar16 pairs = vload16(0, block + 2);
  *low = level_codes(pairs);
  *high = level_codes(pairs >> (uchar16)(4));
  *scales = (float4)(d, d, 0.0f, 0.0f);
}

INLINE float iq4_xs_scale(INPUT block, int sub) {
  int bottom = block[4 + sub / 2] >> (sub % 2 * 4) & 15;
  int top = (int)(u16_at(block + 2) >> (2 * sub) & 3);
  return half_at(block) * (float)((bottom | top << 4) - 32);
}

CODES(iq4_xs) {
  INPUT block = row + 136 * (group / 8);
  int sub = (int)(group % 8);
  float scale = iq4_xs_scale(block, sub);
  uchar16 pairs = vload16(0, block + 8 + 16 * sub);
  *low = level_codes(pairs);
  *high = level_codes(pairs >> (uchar16)(4));
  *scales = (float4)(scale, scale, 0.0f, 0.0f);
}

#ifdef HAS_LOOKUP16
INLINE float16 levels(uchar16 codes) {
  float16 table =
      (float16)(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
  return lookup16(table, convert_int16(codes));
}

DECODE(iq4_nl) {
  INPUT block = row + 18 * group;
  float d = half_at(block);
  uchar16 pairs = vload16(0, block + 2);
  *low = d * levels(pairs);
  *high = d * levels(pairs >> (uchar16)(4));
}

DECODE(iq4_xs) {
  INPUT block = row + 136 * (group / 8);
  int sub = (int)(group % 8);
  float scale = iq4_xs_scale(block, sub);
  uchar16 pairs = vload16(0, block + 8 + 16 * sub);
  *low = scale * levels(pairs);
  *high = scale * levels(pairs >> (uchar16)(4));
}
#else
DECODE_CODES(iq4_nl)
DECODE_CODES(iq4_xs)
#endif
