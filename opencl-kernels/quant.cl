/*
 * What decoders of blocks share. A quant file defines for each of its types one of
 *
 *   CODES(type)   values are scale * code - least: codes_<type>(row, group, low, high, scales) gives
 *                 the codes of values [32 group, 32 group + 16) and of the 16 after them, integers
 *                 from -128 to 127, and scales = (scale of low, of high, least of low, of high)
 *   DECODE(type)  decode_<type>(row, group, size, grid, low, high) gives these values as float32,
 *                 to the bit as the codec of the type does
 *
 * and DECODE_CODES(type) makes the second out of the first. size is unused in blocks.
 *
 * Macro:
 *   DTYPE  the one type that decode_group and codes_group stand for; the quant file has a default.
 */
#define PASTE(a, b) a##b
#define DECODER(type) PASTE(decode_, type)
#define decode_group DECODER(DTYPE)
#define CODE_READER(type) PASTE(codes_, type)
#define codes_group CODE_READER(DTYPE)

typedef const __global char *grid_pointer;

/* Rows are whole blocks, so activations beside them have no shorter group. */
#define load_activations(row, start, size) load_whole16((row) + (start))

#define DECODE(type) \
  INLINE void decode_##type( \
      INPUT row, long group, long size, grid_pointer grid, float16 *low, float16 *high)

#define CODES(type) \
  INLINE void codes_##type(INPUT row, long group, int16 *low, int16 *high, float4 *scales)

/* Where there is no least it is 0, which changes no bit. */
#define DECODE_CODES(type)                                      \
  DECODE(type) {                                                \
    int16 low_codes, high_codes;                                \
    float4 scales;                                              \
    codes_##type(row, group, &low_codes, &high_codes, &scales); \
    *low = scales.x * convert_float16(low_codes) - scales.z;    \
    *high = scales.y * convert_float16(high_codes) - scales.w;  \
  }
