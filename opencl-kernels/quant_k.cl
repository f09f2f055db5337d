/*
 * Decoders of K-quants: super-blocks of 256 values with small integer scales for groups of 16 or
 * 32. decode_<type>(row, group, size, grid, low, high) gives values [32 group, 32 group + 16) and
 * the 16 after them as float32, to the bit as the codec of the type does. size and grid are unused.
 *
 * Macro:
 *   DTYPE  the one decoder that decode_group stands for: q2_k q3_k q4_k q5_k q6_k; q4_k by default.
 */
#ifndef DTYPE
#define DTYPE q4_k
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

INLINE float16 q2_k_half(INPUT block, int sub, int side) {
  int packed = block[2 * sub + side];
  float scale = half_at(block + 80) * (float)(packed & 15);
  float least = half_at(block + 82) * (float)(packed >> 4);
  int16 bytes = convert_int16(vload16(0, block + 16 + sub / 4 * 32 + 16 * side));
  return scale * convert_float16(bytes >> (sub % 4 * 2) & 3) - least;
}

DECODE(q2_k) {
  INPUT block = row + 84 * (group / 8);
  int sub = (int)(group % 8);
  *low = q2_k_half(block, sub, 0);
  *high = q2_k_half(block, sub, 1);
}

/* Eight bytes hold the low nibbles of two scales each, four bytes two high bits of four. */
INLINE float16 q3_k_half(INPUT block, int sub, int side) {
  int index = 2 * sub + side;
  INPUT scales = block + 96;
  int scale_low = scales[index % 8] >> (index / 8 * 4) & 15;
  int scale_high = scales[8 + index % 4] >> (index / 4 * 2) & 3;
  float scale = half_at(block + 108) * (float)((scale_low | scale_high << 4) - 32);
  int16 bytes = convert_int16(vload16(0, block + 32 + sub / 4 * 32 + 16 * side));
  int16 mask = convert_int16(vload16(0, block + 16 * side));
  int16 q = (bytes >> (sub % 4 * 2) & 3) + (mask >> sub & 1) * 4 - 4;
  return scale * convert_float16(q);
}

DECODE(q3_k) {
  INPUT block = row + 110 * (group / 8);
  int sub = (int)(group % 8);
  *low = q3_k_half(block, sub, 0);
  *high = q3_k_half(block, sub, 1);
}

/* Six-bit fields of groups 0 to 3 lie in eight bytes; those of 4 to 7 in nibbles and top bits. */
INLINE int six_bit_scale(INPUT packed, int sub) {
  return sub < 4 ? packed[sub] & 63 : (packed[sub + 4] & 15) | packed[sub - 4] >> 6 << 4;
}

INLINE int six_bit_min(INPUT packed, int sub) {
  return sub < 4 ? packed[sub + 4] & 63 : packed[sub + 4] >> 4 | packed[sub] >> 6 << 4;
}

DECODE(q4_k) {
  INPUT block = row + 144 * (group / 8);
  int sub = (int)(group % 8);
  float scale = half_at(block) * (float)six_bit_scale(block + 4, sub);
  float least = half_at(block + 2) * (float)six_bit_min(block + 4, sub);
  INPUT qs = block + 16 + sub / 2 * 32;
  int shift = sub % 2 * 4;
#ifdef HAS_LOOKUP16
  float16 values =
      scale * (float16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) - least;
  *low = lookup16(values, convert_int16(vload16(0, qs)) >> shift);
  *high = lookup16(values, convert_int16(vload16(1, qs)) >> shift);
#else
  *low = scale * convert_float16(convert_int16(vload16(0, qs)) >> shift & 15) - least;
  *high = scale * convert_float16(convert_int16(vload16(1, qs)) >> shift & 15) - least;
#endif
}

DECODE(q5_k) {
  INPUT block = row + 176 * (group / 8);
  int sub = (int)(group % 8);
  float scale = half_at(block) * (float)six_bit_scale(block + 4, sub);
  float least = half_at(block + 2) * (float)six_bit_min(block + 4, sub);
  INPUT qs = block + 48 + sub / 2 * 32;
  int shift = sub % 2 * 4;
  int16 low_q = convert_int16(vload16(0, qs)) >> shift & 15;
  int16 high_q = convert_int16(vload16(1, qs)) >> shift & 15;
  low_q |= (convert_int16(vload16(0, block + 16)) >> sub & 1) << 4;
  high_q |= (convert_int16(vload16(1, block + 16)) >> sub & 1) << 4;
  *low = scale * convert_float16(low_q) - least;
  *high = scale * convert_float16(high_q) - least;
}

INLINE float16 q6_k_half(INPUT block, int sub, int side) {
  int quarter = sub % 4;
  float scale = half_at(block + 208) * (float)(char)block[192 + 2 * sub + side];
  int16 low_bits =
      convert_int16(vload16(0, block + sub / 4 * 64 + quarter % 2 * 32 + 16 * side));
  int16 high_bits = convert_int16(vload16(0, block + 128 + sub / 4 * 32 + 16 * side));
  int16 q = (low_bits >> (quarter / 2 * 4) & 15) | (high_bits >> (quarter * 2) & 3) << 4;
  return scale * convert_float16(q - 32);
}

DECODE(q6_k) {
  INPUT block = row + 210 * (group / 8);
  int sub = (int)(group % 8);
  *low = q6_k_half(block, sub, 0);
  *high = q6_k_half(block, sub, 1);
}
