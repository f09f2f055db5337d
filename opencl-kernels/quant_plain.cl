/*
 * Decoders of elements without a shared scale. decode_<type>(row, group, size, grid, low, high)
 * gives values [32 group, 32 group + 16) and the 16 after them as float32, to the bit as the codec
 * of the type does, zeros past the size values of the row. grid is unused here.
 *
 * Macro:
 *   DTYPE  the one decoder that decode_group stands for: f32 f16 bf16 f8_e4m3 f8_e5m2 u8 i8 i16
 *          i32 i64; f32 by default.
 */
#ifndef DTYPE
#define DTYPE f32
#endif
#define PASTE(a, b) a##b
#define DECODER(type) PASTE(decode_, type)
#define decode_group DECODER(DTYPE)

typedef const __global char *grid_pointer;

#define load_activations load_act16

/* The elements of a row's last, shorter group one by one. */
#define DEFINE_PLAIN(type, element, load_one, load_many)                                \
  INLINE float16 half_of_##type(INPUT row, long start, long size) {                     \
    const __global element *values = (const __global element *)row;                     \
    if (start + 16 <= size) {                                                           \
      return load_many(values + start);                                                 \
    }                                                                                   \
    float rest[16];                                                                     \
    for (int i = 0; i < 16; i++) {                                                      \
      rest[i] = start + i < size ? load_one(values + start + i) : 0.0f;                 \
    }                                                                                   \
    return vload16(0, rest);                                                            \
  }                                                                                     \
  INLINE void decode_##type(                                                            \
      INPUT row, long group, long size, grid_pointer grid, float16 *low, float16 *high) { \
    *low = half_of_##type(row, 32 * group, size);                                       \
    *high = half_of_##type(row, 32 * group + 16, size);                                 \
  }

#define ONE_NUMBER(p) ((float)*(p))
#define MANY_NUMBERS(p) convert_float16(vload16(0, p))
#define ONE_HALF(p) vload_half(0, (const __global half *)(p))
#define MANY_HALVES(p) vload_half16(0, (const __global half *)(p))
#define ONE_BF16(p) as_float((uint)*(p) << 16)
#define MANY_BF16(p) as_float16(convert_uint16(vload16(0, p)) << 16)
#define ONE_E4M3(p) e4m3_to_float((uchar16)(*(p))).s0
#define MANY_E4M3(p) e4m3_to_float(vload16(0, p))
#define ONE_E5M2(p) e5m2_to_float((uchar16)(*(p))).s0
#define MANY_E5M2(p) e5m2_to_float(vload16(0, p))

DEFINE_PLAIN(f32, float, ONE_NUMBER, MANY_NUMBERS)
DEFINE_PLAIN(f16, ushort, ONE_HALF, MANY_HALVES)
DEFINE_PLAIN(bf16, ushort, ONE_BF16, MANY_BF16)
DEFINE_PLAIN(f8_e4m3, uchar, ONE_E4M3, MANY_E4M3)
DEFINE_PLAIN(f8_e5m2, uchar, ONE_E5M2, MANY_E5M2)
DEFINE_PLAIN(u8, uchar, ONE_NUMBER, MANY_NUMBERS)
DEFINE_PLAIN(i8, char, ONE_NUMBER, MANY_NUMBERS)
DEFINE_PLAIN(i16, short, ONE_NUMBER, MANY_NUMBERS)
DEFINE_PLAIN(i32, int, ONE_NUMBER, MANY_NUMBERS)
DEFINE_PLAIN(i64, long, ONE_NUMBER, MANY_NUMBERS)
