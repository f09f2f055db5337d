/*
 * What all kernels share: views of tensors, fixed-order sums, loads with a tail.
 *
 * A tensor is a pointer to bytes and a view: byte offset of its first element and byte strides of
 * all dimensions but the last, which is contiguous. Pointers come first in a kernel's parameters,
 * then local memory, then one struct with the views in the order of the pointers, then sizes, then
 * floats. Absent tensors are null pointers.
 *
 * Macros of every program:
 *   ACT     what activations are stored as: ACT_F32 (the default), ACT_F16 or ACT_BF16. Loads widen
 *           them, stores round to nearest even, what is between is float32.
 *   LANES   work-items that share one output or one row; a power of two. 1 on CPUs, where one
 *           work-item uses vector registers by itself; 32 by default.
 *   WARPS   such groups of lanes in one work-group of a matrix product; 8 by default.
 *
 *   SUBGROUPS  how lanes exchange numbers. 0, the default: through local memory, between barriers
 *           of the work-group. 1: as a sub-group (cl_khr_subgroups, cl_khr_subgroup_shuffle), which
 *           must be a run of neighbouring work-items, as it is with every driver known to us; where
 *           its size is no multiple of LANES, as 0. 2: as 1, with barriers and shuffles emulated,
 *           so that devices without sub-groups can test the path. All three give the same bits.
 *           Has run emulated alone so far, and is off by default (levin.opencl.subgroups).
 *
 * Results depend on LANES but never on the launch size.
 */
#define ACT_F32 0
#define ACT_F16 1
#define ACT_BF16 2
#ifndef ACT
#define ACT ACT_F32
#endif
#ifndef LANES
#define LANES 32
#endif
#ifndef WARPS
#define WARPS 8
#endif

#ifndef SUBGROUPS
#define SUBGROUPS 0
#endif

#if SUBGROUPS == 1
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#endif

/* A product and a sum are fused where fma() says so and nowhere else: codecs define every bit. */
#pragma OPENCL FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))
#define GLOBAL __global uchar *
#define INPUT const __global uchar *

typedef struct { long offset; } vector_view;
typedef struct { long offset, stride0; } matrix_view;
typedef struct { long offset, stride0, stride1; } cube_view;
typedef struct { long offset, stride0, stride1, stride2; } page_view;

#define FLOATS(pointer, offset) ((__global float *)((pointer) + (offset)))
#define CONST_FLOATS(pointer, offset) ((const __global float *)((pointer) + (offset)))
#define CONST_INTS(pointer, offset) ((const __global int *)((pointer) + (offset)))

/*
 * 16 neighbouring floats. Compilers for CPUs take vload16 apart and find out later that it was whole,
 * which takes PoCL much of the time of a kernel; a vector of loose alignment stays whole.
 */
#if LANES == 1 && defined(__clang__)
typedef float16 loose_float16 __attribute__((aligned(4)));
#define LOAD16(space, p) (*(const space loose_float16 *)(p))
#define STORE16(space, p, value) (*(space loose_float16 *)(p) = (value))
#else
#define LOAD16(space, p) vload16(0, p)
#define STORE16(space, p, value) vstore16(value, 0, p)
#endif

INLINE float sum16(float16 v) {
  float8 a = v.lo + v.hi;
  float4 b = a.lo + a.hi;
  float2 c = b.lo + b.hi;
  return c.x + c.y;
}

/* Whether lanes can do without the rest of their work-group; the same for all of a launch. */
INLINE bool are_subgroup(void) {
#if SUBGROUPS == 1
  return get_max_sub_group_size() % LANES == 0;
#else
  return SUBGROUPS == 2;
#endif
}

/* What one lane wrote to local memory before, the others read after. All items must call. */
INLINE void meet_lanes(void) {
#if SUBGROUPS == 1
  if (are_subgroup()) {
    sub_group_barrier(CLK_LOCAL_MEM_FENCE);
    return;
  }
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
}

/* The number of the lane whose index differs by mask, within a sub-group. All lanes must call. */
INLINE float exchange(float value, int mask, __local float *scratch, int lane) {
#if SUBGROUPS == 1
  return sub_group_shuffle_xor(value, (uint)mask);
#else
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[lane] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  return scratch[lane ^ mask];
#endif
}

/* Sums one number of each lane, in a fixed tree; every lane gets the sum. All lanes must call. */
INLINE float sum_lanes(float value, __local float *scratch, int lane) {
#if LANES == 1
  return value;
#else
  if (are_subgroup()) {
    for (int mask = LANES / 2; mask > 0; mask /= 2) {
      value += exchange(value, mask, scratch, lane);
    }
    return value;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[lane] = value;
  for (int half_lanes = LANES / 2; half_lanes > 0; half_lanes /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < half_lanes) {
      scratch[lane] += scratch[lane + half_lanes];
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return scratch[0];
#endif
}

/* Compilers for CPUs have an instruction for it that vload_half does not reach. */
INLINE float half_at(INPUT p) {
#if LANES == 1 && defined(__F16C__) && defined(__has_builtin)
#if __has_builtin(__builtin_load_halff)
  return __builtin_load_halff((const __global half *)p);
#define HALF_IS_LOADED
#endif
#endif
#ifndef HALF_IS_LOADED
  return vload_half(0, (const __global half *)p);
#endif
}

/* Overflow becomes infinity; a NaN keeps its sign and upper payload and becomes quiet. */
INLINE ushort bf16_of(float value) {
  uint bits = as_uint(value);
  return isnan(value) ? (ushort)(bits >> 16 | 0x40)
                      : (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#if ACT == ACT_F32
typedef float act_t;
INLINE float load_act(const __global act_t *row, long i) {
  return row[i];
}
INLINE float16 load_whole16(const __global act_t *p) {
  return LOAD16(__global, p);
}
INLINE void store_act(__global act_t *row, long i, float value) {
  row[i] = value;
}
#elif ACT == ACT_F16
typedef ushort act_t;
INLINE float load_act(const __global act_t *row, long i) {
  return half_at((INPUT)(row + i));
}
INLINE float16 load_whole16(const __global act_t *p) {
  return vload_half16(0, (const __global half *)p);
}
INLINE void store_act(__global act_t *row, long i, float value) {
  vstore_half_rte(value, i, (__global half *)row);
}
#else
typedef ushort act_t;
INLINE float load_act(const __global act_t *row, long i) {
  return as_float((uint)row[i] << 16);
}
INLINE float16 load_whole16(const __global act_t *p) {
  return as_float16(convert_uint16(vload16(0, p)) << 16);
}
INLINE void store_act(__global act_t *row, long i, float value) {
  row[i] = bf16_of(value);
}
#endif
#define ACTS(pointer, offset) ((__global act_t *)((pointer) + (offset)))
#define CONST_ACTS(pointer, offset) ((const __global act_t *)((pointer) + (offset)))

/* Elements [start, start + 16) of a row of size elements; zeros past its end. */
INLINE float16 load_act16(const __global act_t *row, long start, long size) {
  if (start + 16 <= size) {
    return load_whole16(row + start);
  }
  float values[16];
  for (int i = 0; i < 16; i++) {
    values[i] = start + i < size ? load_act(row, start + i) : 0.0f;
  }
  return vload16(0, values);
}

/* Element i of an output, which is float32 where wide says so and an activation otherwise. */
INLINE float load_out(INPUT row, long i, long wide) {
#if ACT != ACT_F32
  if (!wide) {
    return load_act(CONST_ACTS(row, 0), i);
  }
#endif
  return CONST_FLOATS(row, 0)[i];
}

INLINE void store_out(GLOBAL row, long i, float value, long wide) {
#if ACT != ACT_F32
  if (!wide) {
    store_act(ACTS(row, 0), i, value);
    return;
  }
#endif
  FLOATS(row, 0)[i] = value;
}

/*
 * lookup16: table[index % 16] for 16 indices. Only where that is one instruction; elsewhere decoders
 * compute what they would look up.
 */
#if LANES == 1 && defined(__AVX512F__) && defined(__has_builtin)
#if __has_builtin(__builtin_ia32_permvarsf512)
#define HAS_LOOKUP16
INLINE float16 lookup16(float16 table, int16 indices) {
  return __builtin_ia32_permvarsf512(table, indices);
}
#endif
#endif

INLINE uint u16_at(INPUT p) {
  return (uint)p[0] | (uint)p[1] << 8;
}

INLINE uint u32_at(INPUT p) {
  return u16_at(p) | u16_at(p + 2) << 16;
}

/* OCP E4M3: code 0x7f is NaN. */
INLINE float16 e4m3_to_float(uchar16 codes) {
  int16 magnitude = convert_int16(codes) & 0x7f;
  float16 normal = as_float16((magnitude << 20) + (120 << 23));
  float16 small = convert_float16(magnitude) * 0x1p-9f;
  float16 value = select(normal, small, magnitude < 8);
  value = select(value, (float16)(NAN), magnitude == 0x7f);
  return as_float16(as_int16(value) | (convert_int16(codes) & 0x80) << 24);
}

/* OCP E5M2: exponent 31 is infinity and NaN, as in IEEE formats. */
INLINE float16 e5m2_to_float(uchar16 codes) {
  int16 magnitude = convert_int16(codes) & 0x7f;
  float16 normal = as_float16((magnitude << 21) + (112 << 23));
  float16 small = convert_float16(magnitude) * 0x1p-16f;
  float16 value = select(normal, small, magnitude < 4);
  value = select(value, as_float16(magnitude << 21 | 0x7f800000), magnitude >= 0x7c);
  return as_float16(as_int16(value) | (convert_int16(codes) & 0x80) << 24);
}

/* x * sigmoid(x) and the other activations, numbered as dev.levin.core.op.Activation. */
#define SILU 0
#define GELU_TANH 1
#define GELU_ERF 2
#define RELU 3
#define RELU_SQUARED 4
#define SWIGLU_CLAMPED 5
#define NO_ACTIVATION 6

INLINE float sigmoid(float x) {
  return 1.0f / (1.0f + exp(-x));
}

INLINE float activate(int activation, float x) {
  switch (activation) {
    case SILU:
      return x * sigmoid(x);
    case GELU_TANH:
      /* (1 + tanh(u)) / 2 is sigmoid(2u), which does not cancel near -1. */
      return x * sigmoid(1.5957691f * (x + 0.044715f * x * x * x));
    case GELU_ERF:
      return 0.5f * x * erfc(-x * 0.70710678f);
    case RELU:
      return fmax(x, 0.0f);
    case RELU_SQUARED:
      return fmax(x, 0.0f) * fmax(x, 0.0f);
    default:
      return x;
  }
}
