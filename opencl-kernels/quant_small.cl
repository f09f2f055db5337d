/*
 * Decoders of ternary super-blocks and of E2M1 values under an 8-bit scale (OCP MXFP4, NVIDIA
 * NVFP4). decode_<type>(row, group, size, grid, low, high) gives values [32 group, 32 group + 16)
 * and the 16 after them as float32, to the bit as the codec of the type does. size and grid are
 * unused here.
 *
 * Macro:
 *   DTYPE  the one decoder that decode_group stands for: tq1_0 tq2_0 i2_s mxfp4 nvfp4; tq2_0 by default.
 */
#ifndef DTYPE
#define DTYPE tq2_0
#endif
#define PASTE(a, b) a##b
#define DECODER(type) PASTE(decode_, type)
#define decode_group DECODER(DTYPE)

typedef const __global char *grid_pointer;

/* Rows are whole blocks, so activations beside them have no shorter group. */
#define load_activations(row, start, size) load_whole16((row) + (start))

#define DECODE(type) \
  INLINE void decode_##type( \
      INPUT row, long group, long size, grid_pointer grid, float16 *low, float16 *high)

/* Multiplying by 3^k modulo 256 brings digit k to the front; times 3 carries it out of the byte. */
INLINE float16 ternary_digits(float d, int16 bytes, int16 powers) {
  int16 front = (bytes * powers) & 0xff;
  return d * convert_float16((front * 3 >> 8) - 1);
}

INLINE int power_of_three(int k) {
  return k == 0 ? 1 : k == 1 ? 3 : k == 2 ? 9 : k == 3 ? 27 : 81;
}

DECODE(tq1_0) {
  INPUT block = row + 54 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block + 52);
  if (sub < 5) {
    int16 power = power_of_three(sub);
    *low = ternary_digits(d, convert_int16(vload16(0, block)), power);
    *high = ternary_digits(d, convert_int16(vload16(1, block)), power);
    return;
  }
  int16 middle = convert_int16(vload16(2, block));
  *low = ternary_digits(d, middle, power_of_three(2 * (sub - 5)));
  if (sub < 7) {
    *high = ternary_digits(d, middle, power_of_three(2 * (sub - 5) + 1));
    return;
  }
  int4 rest = convert_int4(vload4(12, block));
  int16 powers = (int16)(1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27);
  *high = ternary_digits(d, (int16)(rest, rest, rest, rest), powers);
}

DECODE(tq2_0) {
  INPUT block = row + 66 * (group / 8);
  int sub = (int)(group % 8);
  float d = half_at(block + 64);
  INPUT qs = block + sub / 4 * 32;
  int shift = sub % 4 * 2;
  *low = d * convert_float16((convert_int16(vload16(0, qs)) >> shift & 3) - 1);
  *high = d * convert_float16((convert_int16(vload16(1, qs)) >> shift & 3) - 1);
}

/* Without a scale of its own: the tensor has one. */
DECODE(i2_s) {
  INPUT qs = row + 32 * (group / 4);
  int shift = 6 - (int)(group % 4) * 2;
  *low = convert_float16((convert_int16(vload16(0, qs)) >> shift & 3) - 1);
  *high = convert_float16((convert_int16(vload16(1, qs)) >> shift & 3) - 1);
}

/*
 * Twice the E2M1 values, so that half the scale stays exact at both ends; code 8 reads as 0. Codes
 * have four bits and anything above.
 */
INLINE float16 doubled_e2m1(uchar16 codes) {
#ifdef HAS_LOOKUP16
  float16 table = (float16)(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
  return lookup16(table, convert_int16(codes));
#else
  char16 table = (char16)(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
  return convert_float16(shuffle(table, codes & (uchar16)(15)));
#endif
}

/* 2^(e - 128), subnormal for the two smallest e. */
DECODE(mxfp4) {
  INPUT block = row + 17 * group;
  uint e = block[0];
  float half_scale = as_float(e < 2 ? 0x00200000u << e : (e - 1) << 23);
  uchar16 pairs = vload16(0, block + 1);
  *low = half_scale * doubled_e2m1(pairs);
  *high = half_scale * doubled_e2m1(pairs >> (uchar16)(4));
}

/* What E4M3 calls NaN reads as no scale. */
INLINE float half_e4m3(uint code) {
  uint magnitude = code & 0x7f;
  float value = magnitude < 8 ? (float)magnitude * 0x1p-9f
                              : as_float((magnitude << 20) + (120u << 23));
  return code == 0x7f ? 0.0f : 0.5f * value;
}

INLINE float16 nvfp4_half(INPUT block, int index) {
  uchar8 pairs = vload8(index, block + 4);
  uchar16 codes = (uchar16)(pairs, pairs >> (uchar8)(4));
  return half_e4m3(block[index]) * doubled_e2m1(codes);
}

DECODE(nvfp4) {
  INPUT block = row + 36 * (group / 2);
  int index = 2 * (int)(group % 2);
  *low = nvfp4_half(block, index);
  *high = nvfp4_half(block, index + 1);
}
