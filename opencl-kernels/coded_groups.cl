/*
 * The groups of lane_products.cl for weights that are scale * code - least (quant.cl): activations
 * are encoded once, a group of 32 values with one scale, and codes are multiplied with codes. It is
 * worth it where a device multiplies codes faster than float32. Has run emulated alone so far, and is
 * off by default (levin.opencl.products).
 *
 *   encode_activations  out[t, s, g] = the codes of x[t, s, 32 g ...], which products then read as x
 *
 * An encoded group is VALUE_WORDS words: codes, scale, and scale times the sum of the first and of
 * the last 16 codes, which what is taken off the weights is multiplied with. A group with a value
 * that is not finite has NaN for a scale. Values below 2^-120 are as good as 0.
 *
 *   side     run_value of each run of four words, in order
 *   product  scale * (scale of low * low side + scale of high * high side - leasts * sums)
 *
 * Needs products.cl and codes_group of a quant file. Macros:
 *   PRODUCTS  PRODUCTS_INT8: codes from -127 to 127, a side in int32, by dot_4x8packed_ss_int of
 *             cl_khr_integer_dot_product. PRODUCTS_FP16: halves of at most 64, which with codes of
 *             weights up to 128 keeps four products below 65504; after four, sums go on as float32
 *             (cl_khr_fp16). F16 and BF16 weights are not for it: a product rounded to a half is off
 *             by up to 5e-4, and those of unquantised weights are held to 1e-4.
 *   EMULATED_PRODUCTS  1: without the extension, so that devices without it can test the path;
 *             0 by default. Halves are rounded after each step, the sum of a fused one twice.
 */
#define PRODUCTS_INT8 1
#define PRODUCTS_FP16 2
#ifndef PRODUCTS
#define PRODUCTS PRODUCTS_INT8
#endif
#ifndef EMULATED_PRODUCTS
#define EMULATED_PRODUCTS 0
#endif
#if LANES == 1
#error "one lane multiplies float32"
#endif

/* Words of 16 codes, and runs of four words in them. */
#if PRODUCTS == PRODUCTS_INT8
#define SIDE_WORDS 4
#else
#define SIDE_WORDS 8
#endif
#define SIDE_RUNS (SIDE_WORDS / 4)
#define CODE_WORDS (2 * SIDE_WORDS)
#define WEIGHT_WORDS (CODE_WORDS + 4)
#define VALUE_WORDS (CODE_WORDS + 3)

#if PRODUCTS == PRODUCTS_INT8
typedef int run_sum;

INLINE run_sum add_word(run_sum sum, uint weights, uint values) {
#if EMULATED_PRODUCTS
  int4 products = convert_int4(as_char4(weights)) * convert_int4(as_char4(values));
  return sum + products.x + products.y + products.z + products.w;
#else
  return sum + dot_4x8packed_ss_int(weights, values);
#endif
}

INLINE float run_value(run_sum sum) {
  return (float)sum;
}

INLINE void store_codes(int16 codes, uint *words) {
  vstore4(as_uint4(convert_char16(codes)), 0, words);
}

/* What the largest value of a group becomes, and 1 over it times that. */
INLINE float2 encoding_of(float most) {
  return (float2)(most / 127.0f, 127.0f / most);
}

/* Writes words and returns the sum of the codes. */
INLINE float encode_side(float16 values, uint *words) {
  int16 codes = convert_int16_sat_rte(values);
  store_codes(codes, words);
  return sum16(convert_float16(codes));
}
#else
#if EMULATED_PRODUCTS
typedef float2 run_sum;

INLINE float2 rounded(float2 value) {
  ushort2 halves;
  vstore_half2_rte(value, 0, (half *)&halves);
  return vload_half2(0, (const half *)&halves);
}

INLINE run_sum halves_of(uint word) {
  return vload_half2(0, (const half *)&word);
}

INLINE run_sum add_word(run_sum sum, uint weights, uint values) {
  return rounded(fma(halves_of(weights), halves_of(values), sum));
}
#else
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
typedef half2 run_sum;

INLINE run_sum add_word(run_sum sum, uint weights, uint values) {
  return fma(as_half2(weights), as_half2(values), sum);
}
#endif

INLINE float run_value(run_sum sum) {
  return (float)sum.x + (float)sum.y;
}

INLINE void store_halves(float16 values, uint *words) {
  vstore_half16_rte(values, 0, (half *)words);
}

INLINE void store_codes(int16 codes, uint *words) {
  store_halves(convert_float16(codes), words);
}

/* Powers of two: the largest value falls into [32, 64], rounding included. */
INLINE float2 encoding_of(float most) {
  float power = as_float(as_uint(most) & 0x7f800000u);
  return (float2)(power / 32.0f, 32.0f / power);
}

INLINE float encode_side(float16 values, uint *words) {
  store_halves(values, words);
  return sum16(vload_half16(0, (const half *)words));
}
#endif

typedef struct {
  cube_view x, out;
  long groups;
} encode_activations_params;

/* Launch: global (K / 32 rounded up, S, T). x [T, S, K], out [T, S, VALUE_WORDS * K / 32]. */
__kernel void encode_activations(INPUT x, GLOBAL out, const encode_activations_params p) {
  long group = get_global_id(0);
  long s = get_global_id(1);
  long t = get_global_id(2);
  if (group >= p.groups) {
    return;
  }
  const __global act_t *from = CONST_ACTS(x, p.x.offset + t * p.x.stride0 + s * p.x.stride1);
  float16 low = load_whole16(from + 32 * group);
  float16 high = load_whole16(from + 32 * group + 16);
  float16 most = fmax(fabs(low), fabs(high));
  float8 most8 = fmax(most.lo, most.hi);
  float4 most4 = fmax(most8.lo, most8.hi);
  float largest = fmax(fmax(most4.x, most4.y), fmax(most4.z, most4.w));
  float nan_or_zero = sum16(low * 0.0f + high * 0.0f);
  float2 encoding = largest < 0x1p-120f ? (float2)(0.0f) : encoding_of(largest);
  float scale = encoding.x + nan_or_zero;
  uint words[CODE_WORDS];
  float low_sum = encode_side(low * encoding.y, words);
  float high_sum = encode_side(high * encoding.y, words + SIDE_WORDS);
  __global uint *to = (__global uint *)(out + p.out.offset + t * p.out.stride0 + s * p.out.stride1) +
                      VALUE_WORDS * group;
  for (int i = 0; i < CODE_WORDS; i++) {
    to[i] = words[i];
  }
  to[CODE_WORDS] = as_uint(scale);
  to[CODE_WORDS + 1] = as_uint(scale * low_sum);
  to[CODE_WORDS + 2] = as_uint(scale * high_sum);
}

typedef struct {
  uint codes[CODE_WORDS];
  float4 scales;
} weight_group;

INLINE void load_weights(INPUT row, long group, long k, grid_pointer grid, weight_group *weights) {
  int16 low, high;
  codes_group(row, group, &low, &high, &weights->scales);
  store_codes(low, weights->codes);
  store_codes(high, weights->codes + SIDE_WORDS);
}

/* Both ways to multiply go through here, so that they round alike. */
INLINE float scaled_product(
    float low, float high, float4 scales, float scale, float low_sum, float high_sum) {
  float taken = fma(scales.w, high_sum, scales.z * low_sum);
  return fma(scale, fma(scales.y, high, scales.x * low), -taken);
}

INLINE float multiply_side(const uint *codes, const __global uint *values) {
  float total = 0.0f;
#pragma unroll
  for (int run = 0; run < SIDE_RUNS; run++) {
    run_sum sum = 0;
#pragma unroll
    for (int i = 4 * run; i < 4 * run + 4; i++) {
      sum = add_word(sum, codes[i], values[i]);
    }
    total += run_value(sum);
  }
  return total;
}

INLINE float multiply_group(const weight_group *weights, INPUT x_row, long group, long k) {
  const __global uint *values = (const __global uint *)x_row + VALUE_WORDS * group;
  const __global float *scales = (const __global float *)(values + CODE_WORDS);
  float low = multiply_side(weights->codes, values);
  float high = multiply_side(weights->codes + SIDE_WORDS, values + SIDE_WORDS);
  return scaled_product(low, high, weights->scales, scales[0], scales[1], scales[2]);
}

INLINE void stage_weights(const weight_group *weights, __local float *to) {
#pragma unroll
  for (int i = 0; i < CODE_WORDS; i++) {
    to[i * TILE_ROWS] = as_float(weights->codes[i]);
  }
  to[CODE_WORDS * TILE_ROWS] = weights->scales.x;
  to[(CODE_WORDS + 1) * TILE_ROWS] = weights->scales.y;
  to[(CODE_WORDS + 2) * TILE_ROWS] = weights->scales.z;
  to[(CODE_WORDS + 3) * TILE_ROWS] = weights->scales.w;
}

INLINE void stage_values(
    INPUT x, __local const long *x_rows, int tokens, long group, long k, int item,
    __local float *values) {
  int words = VALUE_WORDS * (int)min(2L, k / 32 - group);
  for (int c = item; c < words * TILE_TOKENS; c += TILE_ITEMS) {
    int t = c % TILE_TOKENS;
    if (t < tokens) {
      values[c] = CONST_FLOATS(x, x_rows[t])[VALUE_WORDS * group + c / TILE_TOKENS];
    }
  }
}

INLINE void multiply_tile_side(
    __local const float *weights, __local const float *values, float *totals) {
#pragma unroll
  for (int i = 0; i < ITEM_TOKENS * ITEM_ROWS; i++) {
    totals[i] = 0.0f;
  }
  for (int run = 0; run < SIDE_RUNS; run++) {
    run_sum sums[ITEM_TOKENS * ITEM_ROWS];
#pragma unroll
    for (int i = 0; i < ITEM_TOKENS * ITEM_ROWS; i++) {
      sums[i] = 0;
    }
    for (int d = 4 * run; d < 4 * run + 4; d++) {
#pragma unroll
      for (int r = 0; r < ITEM_ROWS; r++) {
        uint w = as_uint(weights[d * TILE_ROWS + ITEM_COLUMNS * r]);
#pragma unroll
        for (int i = 0; i < ITEM_TOKENS; i++) {
          sums[i * ITEM_ROWS + r] =
              add_word(sums[i * ITEM_ROWS + r], w, as_uint(values[d * TILE_TOKENS + i]));
        }
      }
    }
#pragma unroll
    for (int i = 0; i < ITEM_TOKENS * ITEM_ROWS; i++) {
      totals[i] += run_value(sums[i]);
    }
  }
}

INLINE void multiply_tile(
    __local const float *weights, __local const float *values, float *sums) {
  float high[ITEM_TOKENS * ITEM_ROWS];
  multiply_tile_side(weights, values, sums);
  multiply_tile_side(weights + SIDE_WORDS * TILE_ROWS, values + SIDE_WORDS * TILE_TOKENS, high);
#pragma unroll
  for (int r = 0; r < ITEM_ROWS; r++) {
    __local const float *own = weights + CODE_WORDS * TILE_ROWS + ITEM_COLUMNS * r;
    float4 scales =
        (float4)(own[0], own[TILE_ROWS], own[2 * TILE_ROWS], own[3 * TILE_ROWS]);
#pragma unroll
    for (int i = 0; i < ITEM_TOKENS; i++) {
      __local const float *token = values + CODE_WORDS * TILE_TOKENS + i;
      sums[i * ITEM_ROWS + r] = scaled_product(
          sums[i * ITEM_ROWS + r], high[i * ITEM_ROWS + r], scales, token[0], token[TILE_TOKENS],
          token[2 * TILE_TOKENS]);
    }
  }
}
