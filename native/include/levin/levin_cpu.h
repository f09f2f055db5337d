/*
 * C ABI of the native twin of the CPU kernels: products of encoded weights with activations that the
 * Java Vector API has no instructions for (vpmaddubsw, vpdpbusd), and attention over encoded caches,
 * which wants more sums in registers than a Java compiler inlines.
 *
 * Every function is single-threaded, reentrant, and neither throws, exits, prints nor allocates: memory
 * is the caller's. A call that fails returns a status and leaves the reason in levin_cpu_last_error().
 * Call order of one product: levin_cpu_prepare once over the activations, then levin_cpu_linear over
 * disjoint ranges of weight rows, from any threads.
 *
 * Results: out[t, n] depends on weight row n, activation row t, the dtype and the instruction set
 * alone, to the bit; not on the number of tokens, nor on the range of rows of the call. What a query row
 * gets from levin_cpu_attend depends on itself, the keys it sees, from and to alone, likewise.
 */
#ifndef LEVIN_LEVIN_CPU_H
#define LEVIN_LEVIN_CPU_H

#include <stdint.h>

#if defined(__GNUC__)
#define LEVIN_CPU_API __attribute__((visibility("default")))
#else
#define LEVIN_CPU_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t levin_cpu_status;

enum {
  LEVIN_CPU_OK = 0,
  LEVIN_CPU_INVALID_ARGUMENT = 1,
  LEVIN_CPU_UNSUPPORTED = 2
};

/* Bits of levin_cpu_features(). */
enum {
  LEVIN_CPU_FEATURE_AVX2 = 1 << 0,        /* with FMA and F16C */
  LEVIN_CPU_FEATURE_AVX_VNNI = 1 << 1,    /* 256-bit vpdpbusd, VEX encoded */
  LEVIN_CPU_FEATURE_AVX512_VNNI = 1 << 2, /* with F, BW, DQ and VL */
  LEVIN_CPU_FEATURE_NEON_DOT = 1 << 3     /* Armv8.2 dot product */
};

/* Instruction sets the kernels are compiled for, the later the better where the processor has it. */
enum {
  LEVIN_CPU_ISA_PORTABLE = 0, /* no more than the compiler's baseline */
  LEVIN_CPU_ISA_AVX2 = 1,
  LEVIN_CPU_ISA_AVX512_VNNI_256 = 2, /* AVX_VNNI's kernels in the encoding of AVX-512 */
  LEVIN_CPU_ISA_AVX_VNNI = 3,
  LEVIN_CPU_ISA_AVX512_VNNI = 4,
  LEVIN_CPU_ISA_NEON_DOT = 5,
  LEVIN_CPU_ISA_COUNT = 6
};

/* Ids of GGUF; from 100 on, encodings that GGUF lacks. */
enum {
  LEVIN_CPU_DTYPE_F32 = 0,
  LEVIN_CPU_DTYPE_F16 = 1,
  LEVIN_CPU_DTYPE_Q4_0 = 2,
  LEVIN_CPU_DTYPE_Q4_1 = 3,
  LEVIN_CPU_DTYPE_Q5_0 = 6,
  LEVIN_CPU_DTYPE_Q5_1 = 7,
  LEVIN_CPU_DTYPE_Q8_0 = 8,
  LEVIN_CPU_DTYPE_Q2_K = 10,
  LEVIN_CPU_DTYPE_Q3_K = 11,
  LEVIN_CPU_DTYPE_Q4_K = 12,
  LEVIN_CPU_DTYPE_Q5_K = 13,
  LEVIN_CPU_DTYPE_Q6_K = 14,
  LEVIN_CPU_DTYPE_IQ4_NL = 20,
  LEVIN_CPU_DTYPE_IQ4_XS = 23,
  LEVIN_CPU_DTYPE_BF16 = 30,
  LEVIN_CPU_DTYPE_TQ1_0 = 34,
  LEVIN_CPU_DTYPE_TQ2_0 = 35,
  LEVIN_CPU_DTYPE_I2_S = 36,
  LEVIN_CPU_DTYPE_MXFP4 = 39,
  LEVIN_CPU_DTYPE_NVFP4 = 40,
  LEVIN_CPU_DTYPE_F8_E4M3 = 100,
  LEVIN_CPU_DTYPE_F8_E5M2 = 101,
  /* Or'ed to a dtype: products are looked up instead of multiplied. For TQ2_0 and I2_S on x86. */
  LEVIN_CPU_DTYPE_TABLES = 1 << 16
};

typedef struct levin_cpu_prepare_args {
  const float* x;       /* [tokens, k] F32, any alignment */
  int64_t x_stride;     /* floats from one row to the next, at least k */
  void* activations;    /* receives the prepared rows; 64-byte aligned, not overlapping x */
  int64_t activations_bytes; /* at least levin_cpu_activation_bytes(dtype, first + tokens, k) */
  int64_t first;        /* prepared row that x's first row becomes */
  int64_t tokens;
  int64_t k;            /* a multiple of the dtype's block */
  int32_t dtype;        /* of the weights they will meet */
} levin_cpu_prepare_args;

typedef struct levin_cpu_linear_args {
  const void* weight;      /* row 0 of [n, k], encoded, any alignment; read in [n0, n1) only */
  int64_t row_stride;      /* bytes from one row to the next, at least a row's bytes */
  const void* activations; /* as levin_cpu_prepare left them, for the same dtype and k */
  int64_t activations_bytes;
  const int32_t* rows;     /* [tokens] prepared row of each token, or null for 0, 1, 2, ... */
  int64_t tokens;
  int64_t k;
  int64_t n0;              /* first weight row, inclusive */
  int64_t n1;              /* last weight row, exclusive */
  float* out;              /* out[t * out_stride + n - n0] = weight[n] . x[rows[t]] */
  int64_t out_stride;      /* floats, at least n1 - n0 */
  void* scratch;           /* 64-byte aligned, one per thread */
  int64_t scratch_bytes;   /* at least levin_cpu_scratch_bytes(dtype, k) */
  int32_t dtype;
} levin_cpu_linear_args;

/*
 * Attention of query rows that share a KV head to keys [from, to) of their sequence. Row r sees the keys
 * [firsts[r], ends[r]) among them and, of those from first_own on, the ones that its tree mask allows.
 * Element j of key i is at keys + pages[i / page_size - from / page_size] * key_page_stride +
 * i % page_size * key_stride, encoded.
 */
typedef struct levin_cpu_attend_args {
  const void* keys;          /* key 0 of page 0, of this KV head */
  const void* values;        /* likewise; null where values are the first value_dim elements of keys */
  int64_t key_page_stride;   /* bytes */
  int64_t key_stride;        /* bytes, at least a key's */
  int64_t value_page_stride; /* bytes */
  int64_t value_stride;      /* bytes, at least a value's */
  const int32_t* pages;      /* every page that holds a key of [from, to), in order */
  int64_t page_size;
  int64_t from;
  int64_t to;
  const float* queries;      /* [rows, key_dim] */
  const int32_t* firsts;     /* [rows], none before from */
  const int32_t* ends;       /* [rows], none past to; a row whose end is not past its first sees no key */
  const int32_t* tree_mask;  /* [rows, tree_words]: bit j allows key first_own + j; or null */
  int64_t tree_words;
  int64_t first_own;
  int64_t rows;
  int64_t key_dim;           /* a multiple of the dtype's block, as value_dim is */
  int64_t value_dim;
  float* sums;               /* [rows, value_dim] receives sum of exp(score - maximum) * value */
  float* maxima;             /* [rows] receives the greatest score, negative infinity without keys */
  float* totals;             /* [rows] receives sum of exp(score - maximum) */
  void* scratch;             /* 64-byte aligned, one per thread */
  int64_t scratch_bytes;     /* at least levin_cpu_attend_scratch_bytes(rows, key_dim, value_dim) */
  float scale;               /* on the scores */
  float soft_cap;            /* scores become cap * tanh(score / cap); 0 for none */
  int32_t dtype;             /* of keys and values */
} levin_cpu_attend_args;

/* What the processor and the operating system offer. */
LEVIN_CPU_API uint64_t levin_cpu_features(void);

/* The instruction set in use: the best one until levin_cpu_force_isa. */
LEVIN_CPU_API int32_t levin_cpu_isa(void);

/* For example "avx512-vnni"; null outside the enumeration. */
LEVIN_CPU_API const char* levin_cpu_isa_name(int32_t isa);

/* Whether these kernels are compiled in and run on this processor. */
LEVIN_CPU_API int32_t levin_cpu_isa_available(int32_t isa);

/* Process-wide; what was prepared before must be prepared again. UNSUPPORTED where it cannot run. */
LEVIN_CPU_API levin_cpu_status levin_cpu_force_isa(int32_t isa);

/* 1 if levin_cpu_linear takes weights of this dtype. */
LEVIN_CPU_API int32_t levin_cpu_supports(int32_t dtype);

/* How many activations share a scale when they are rounded to 8 bits each; 0 if they are not rounded. */
LEVIN_CPU_API int32_t levin_cpu_rounds_activations(int32_t dtype);

/* Bytes of prepared activations, -1 for sizes or dtypes that cannot be. */
LEVIN_CPU_API int64_t levin_cpu_activation_bytes(int32_t dtype, int64_t tokens, int64_t k);

/* Bytes of scratch of one thread, -1 for sizes or dtypes that cannot be. */
LEVIN_CPU_API int64_t levin_cpu_scratch_bytes(int32_t dtype, int64_t k);

LEVIN_CPU_API levin_cpu_status levin_cpu_prepare(const levin_cpu_prepare_args* args);

LEVIN_CPU_API levin_cpu_status levin_cpu_linear(const levin_cpu_linear_args* args);

/*
 * levin_cpu_linear over args->weight = weight. For callers whose foreign-function interface guards the
 * memory it passes for as long as a call takes: Java's keeps a segment from being closed.
 */
LEVIN_CPU_API levin_cpu_status levin_cpu_linear_over(const void* weight, levin_cpu_linear_args* args);

/* 1 if levin_cpu_attend reads caches of this dtype. */
LEVIN_CPU_API int32_t levin_cpu_attends(int32_t dtype);

/* Bytes of scratch of one thread, -1 for sizes that cannot be. */
LEVIN_CPU_API int64_t levin_cpu_attend_scratch_bytes(int64_t rows, int64_t key_dim, int64_t value_dim);

LEVIN_CPU_API levin_cpu_status levin_cpu_attend(const levin_cpu_attend_args* args);

/*
 * levin_cpu_attend, for callers as of levin_cpu_linear_over: the memory of keys and values, in which args->keys
 * and args->values lie, is there to be guarded and not looked at.
 */
LEVIN_CPU_API levin_cpu_status levin_cpu_attend_over(const void* keys, const void* values,
                                                     const levin_cpu_attend_args* args);

/* Why the last failed call of this thread failed; valid until its next failing call. */
LEVIN_CPU_API const char* levin_cpu_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
