/*
 * Decoders of 32 values with one scale: value i shares a byte with value i + 16, fifth bits are
 * gathered in one word, value i at bit i. decode_<type>(row, group, size, grid, low, high) gives
 * values [32 group, 32 group + 16) and the 16 after them as float32, to the bit as the codec of the
 * type does. size and grid are unused here.
 *
 * Macro:
 *   DTYPE  the one decoder that decode_group stands for: q4_0 q4_1 q5_0 q5_1 q8_0; q4_0 by default.
 */
#ifndef DTYPE
#define DTYPE q4_0
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

INLINE int16 fifth_bits(uint word, int first) {
  uint16 shifts = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + (uint)first;
  return convert_int16((((uint16)(word) >> shifts) & 1u) << 4);
}

DECODE(q4_0) {
  INPUT block = row + 18 * group;
  float d = half_at(block);
  uchar16 pairs = vload16(0, block + 2);
#ifdef HAS_LOOKUP16
  float16 values =
      d * (float16)(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
  *low = lookup16(values, convert_int16(pairs));
  *high = lookup16(values, convert_int16(pairs) >> 4);
#else
  *low = d * convert_float16(convert_int16(pairs & (uchar16)(15)) - 8);
  *high = d * convert_float16(convert_int16(pairs >> (uchar16)(4)) - 8);
#endif
}

DECODE(q4_1) {
  INPUT block = row + 20 * group;
  float d = half_at(block);
  float m = half_at(block + 2);
  uchar16 pairs = vload16(0, block + 4);
#ifdef HAS_LOOKUP16
  float16 values =
      d * (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + m;
  *low = lookup16(values, convert_int16(pairs));
  *high = lookup16(values, convert_int16(pairs) >> 4);
#else
  *low = d * convert_float16(pairs & (uchar16)(15)) + m;
  *high = d * convert_float16(pairs >> (uchar16)(4)) + m;
#endif
}

DECODE(q5_0) {
  INPUT block = row + 22 * group;
  float d = half_at(block);
  uint fifths = u32_at(block + 2);
  int16 pairs = convert_int16(vload16(0, block + 6));
  *low = d * convert_float16(((pairs & 15) | fifth_bits(fifths, 0)) - 16);
  *high = d * convert_float16(((pairs >> 4) | fifth_bits(fifths, 16)) - 16);
}

DECODE(q5_1) {
  INPUT block = row + 24 * group;
  float d = half_at(block);
  float m = half_at(block + 2);
  uint fifths = u32_at(block + 4);
  int16 pairs = convert_int16(vload16(0, block + 8));
  *low = d * convert_float16((pairs & 15) | fifth_bits(fifths, 0)) + m;
  *high = d * convert_float16((pairs >> 4) | fifth_bits(fifths, 16)) + m;
}

DECODE(q8_0) {
  INPUT block = row + 34 * group;
  float d = half_at(block);
  const __global char *qs = (const __global char *)(block + 2);
  *low = d * convert_float16(vload16(0, qs));
  *high = d * convert_float16(vload16(1, qs));
}
