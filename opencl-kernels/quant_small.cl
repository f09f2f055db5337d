/*
 * Ternary super-blocks, and E2M1 values under an 8-bit scale (OCP MXFP4, NVIDIA NVFP4). Needs
 * quant.cl.
 *
 * Macro:
 *   DTYPE  tq1_0 tq2_0 i2_s mxfp4 nvfp4; tq2_0 by default.
 */
#ifndef DTYPE
#define DTYPE tq2_0
#endif

/* Multiplying by 3^k modulo 256 brings digit k to the front; times 3 carries it out of the byte. */
INLINE int16 ternary_digits(int16 bytes, int16 powers) {
  int16 front = (bytes * powers) & 0xff;
  return (front * 3 >> 8) - 1;
}

INLINE int power_of_three(int k) {
  return k == 0 ? 1 : k == 1 ? 3 : k == 2 ? 9 : k == 3 ? 27 : 81;
}

CODES(tq1_0) {
  INPUT block = row + 54 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block + 52);
  if (sub < 5) {
    int16 power = power_of_three(sub);
    *low = ternary_digits(convert_int16(vload16(0, block)), power);
    *high = ternary_digits(convert_int16(vload16(1, block)), power);
  } else {
    int16 middle = convert_int16(vload16(2, block));
    int4 rest = convert_int4(vload4(12, block));
    int16 powers = (int16)(1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27);
    *low = ternary_digits(middle, power_of_three(2 * (sub - 5)));
    *high = sub < 7 ? ternary_digits(middle, power_of_three(2 * (sub - 5) + 1))
                    : ternary_digits((int16)(rest, rest, rest, rest), powers);
  }
  *scales = (float4)(d, d, 0.0f, 0.0f);
}
DECODE_CODES(tq1_0)

INLINE int16 two_bits(INPUT qs, int side, int shift) {
  return (convert_int16(vload16(side, qs)) >> shift & 3) - 1;
}

CODES(tq2_0) {
  INPUT block = row + 66 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block + 64);
  *low = two_bits(block + sub / 4 * 32, 0, sub % 4 * 2);
  *high = two_bits(block + sub / 4 * 32, 1, sub % 4 * 2);
  *scales = (float4)(d, d, 0.0f, 0.0f);
}
DECODE_CODES(tq2_0)

/* Without a scale of its own: the tensor has one. */
CODES(i2_s) {
  INPUT qs = row + 32 * (group / 4);
  int shift = 6 - (int)(group % 4) * 2;
  *low = two_bits(qs, 0, shift);
  *high = two_bits(qs, 1, shift);
  *scales = (float4)(1.0f, 1.0f, 0.0f, 0.0f);
}
DECODE_CODES(i2_s)

/*
 * Twice the E2M1 values, so that half the scale stays exact at both ends; code 8 reads as 0. Codes
 * have four bits and anything above.
 */
INLINE int16 e2m1_codes(uchar16 codes) {
  char16 table = (char16)(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
  return convert_int16(shuffle(table, codes & (uchar16)(15)));
}

/* 2^(e - 128), subnormal for the two smallest e. */
INLINE float half_e8m0(uint e) {
  return as_float(e < 2 ? 0x00200000u << e : (e - 1) << 23);
}

CODES(mxfp4) {
  INPUT block = row + 17 * group;
  float half_scale = half_e8m0(block[0]);
  uchar16 pairs = vload16(0, block + 1);
  *low = e2m1_codes(pairs);
  *high = e2m1_codes(pairs >> (uchar16)(4));
  *scales = (float4)(half_scale, half_scale, 0.0f, 0.0f);
}

/* What E4M3 calls NaN reads as no scale. */
INLINE float half_e4m3(uint code) {
  uint magnitude = code & 0x7f;
  float value = magnitude < 8 ? (float)magnitude * 0x1p-9f
                              : as_float((magnitude << 20) + (120u << 23));
  return code == 0x7f ? 0.0f : 0.5f * value;
}

INLINE uchar16 nvfp4_nibbles(INPUT block, int index) {
  uchar8 pairs = vload8(index, block + 4);
  return (uchar16)(pairs, pairs >> (uchar8)(4));
}

CODES(nvfp4) {
  INPUT block = row + 36 * (group / 2);
  int index = 2 * (int)(group % 2);
  *low = e2m1_codes(nvfp4_nibbles(block, index));
  *high = e2m1_codes(nvfp4_nibbles(block, index + 1));
  *scales = (float4)(half_e4m3(block[index]), half_e4m3(block[index + 1]), 0.0f, 0.0f);
}

#ifdef HAS_LOOKUP16
INLINE float16 doubled_e2m1(uchar16 codes) {
  float16 table = (float16)(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
  return lookup16(table, convert_int16(codes));
}

DECODE(mxfp4) {
  INPUT block = row + 17 * group;
  float half_scale = half_e8m0(block[0]);
  uchar16 pairs = vload16(0, block + 1);
  *low = half_scale * doubled_e2m1(pairs);
  *high = half_scale * doubled_e2m1(pairs >> (uchar16)(4));
}

DECODE(nvfp4) {
  INPUT block = row + 36 * (group / 2);
  int index = 2 * (int)(group % 2);
  *low = half_e4m3(block[index]) * doubled_e2m1(nvfp4_nibbles(block, index));
  *high = half_e4m3(block[index + 1]) * doubled_e2m1(nvfp4_nibbles(block, index + 1));
}
#else
DECODE_CODES(mxfp4)
DECODE_CODES(nvfp4)
#endif
