/*
 * C ABI of Levin's CUDA backend: devices, memory, streams, events, graphs, and one entry per op.
 *
 * No entry throws, exits or prints. A call that fails returns a status and leaves one line in
 * levin_last_error(), which belongs to the calling thread. Handles are opaque; every handle is destroyed by the
 * function named after it, before the context it came from. Calls that take a stream queue work and return;
 * what fails on the device is reported by the next call that waits for the stream. One thread at a time may use
 * a stream; different streams may be used at once.
 *
 * Device memory is an address (uint64_t), so that it can be added to. Tensors are row-major with a contiguous
 * last dimension; letters in shapes are those of the project's glossary: B sequences, T tokens, H query heads,
 * Hkv key/value heads, C hidden size, F feed-forward size, V vocabulary, N K a weight's rows and columns.
 * Activations are F32. Outputs do not overlap inputs unless said. Every output row is a fixed-order function of
 * its own inputs: the same bits alone, batched, chunked or paged. Indices read on the device that lead outside a
 * tensor give NaN or write nothing.
 *
 * The library links CUDA's runtime statically and loads without a driver: calls then return NO_DRIVER. The same
 * interface is built over a CPU emulation of CUDA, which levin_is_emulated() tells.
 */
#ifndef LEVIN_LEVIN_H
#define LEVIN_LEVIN_H

#include <stdint.h>

#if defined(__GNUC__)
#define LEVIN_API __attribute__((visibility("default")))
#else
#define LEVIN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised by every change of a struct, a function or a number. Callers and library must be of one version: there is
 * no other compatibility, so a caller asks levin_abi_version() before anything else. */
#define LEVIN_ABI_VERSION 3

typedef int32_t levin_status;

enum {
  LEVIN_OK = 0,
  LEVIN_INVALID_ARGUMENT = 1,
  LEVIN_UNSUPPORTED = 2,
  LEVIN_OUT_OF_MEMORY = 3,
  LEVIN_DEVICE_LOST = 4, /* nothing works until the process ends: a faulting kernel, a device that fell off */
  LEVIN_NO_DRIVER = 5,   /* no driver, or one too old; the text says which and both versions */
  LEVIN_INTERNAL = 6
};

/* Ids of GGUF; from 100 on, encodings that GGUF lacks. Blocks are laid out as dev.levin.core.DType says. */
enum {
  LEVIN_DTYPE_F32 = 0,
  LEVIN_DTYPE_F16 = 1,
  LEVIN_DTYPE_Q4_0 = 2,
  LEVIN_DTYPE_Q4_1 = 3,
  LEVIN_DTYPE_Q5_0 = 6,
  LEVIN_DTYPE_Q5_1 = 7,
  LEVIN_DTYPE_Q8_0 = 8,
  LEVIN_DTYPE_Q8_1 = 9,
  LEVIN_DTYPE_Q2_K = 10,
  LEVIN_DTYPE_Q3_K = 11,
  LEVIN_DTYPE_Q4_K = 12,
  LEVIN_DTYPE_Q5_K = 13,
  LEVIN_DTYPE_Q6_K = 14,
  LEVIN_DTYPE_Q8_K = 15,
  LEVIN_DTYPE_IQ2_XXS = 16,
  LEVIN_DTYPE_IQ2_XS = 17,
  LEVIN_DTYPE_IQ3_XXS = 18,
  LEVIN_DTYPE_IQ1_S = 19,
  LEVIN_DTYPE_IQ4_NL = 20,
  LEVIN_DTYPE_IQ3_S = 21,
  LEVIN_DTYPE_IQ2_S = 22,
  LEVIN_DTYPE_IQ4_XS = 23,
  LEVIN_DTYPE_I8 = 24,
  LEVIN_DTYPE_I16 = 25,
  LEVIN_DTYPE_I32 = 26,
  LEVIN_DTYPE_I64 = 27,
  LEVIN_DTYPE_F64 = 28,
  LEVIN_DTYPE_IQ1_M = 29,
  LEVIN_DTYPE_BF16 = 30,
  LEVIN_DTYPE_TQ1_0 = 34,
  LEVIN_DTYPE_TQ2_0 = 35,
  LEVIN_DTYPE_I2_S = 36,
  LEVIN_DTYPE_MXFP4 = 39,
  LEVIN_DTYPE_NVFP4 = 40,
  LEVIN_DTYPE_F8_E4M3 = 100,
  LEVIN_DTYPE_F8_E5M2 = 101,
  LEVIN_DTYPE_U8 = 102,
  LEVIN_DTYPE_BOOL = 103
};

typedef struct levin_context_t* levin_context;
typedef struct levin_stream_t* levin_stream;
typedef struct levin_event_t* levin_event;
typedef struct levin_graph_t* levin_graph;

/* ---- library ---------------------------------------------------------------------------------------------- */

LEVIN_API int32_t levin_abi_version(void);

/* 1 if kernels run on the CPU emulation. */
LEVIN_API int32_t levin_is_emulated(void);

/* Why the last failed call of this thread failed; valid until its next failing call. */
LEVIN_API const char* levin_last_error(void);

/* ---- devices ---------------------------------------------------------------------------------------------- */

typedef struct levin_device_info {
  char name[256];
  int64_t total_bytes;
  int64_t l2_bytes;
  int64_t shared_bytes_per_block; /* at most, by opting in */
  int32_t index;
  int32_t compute_major, compute_minor; /* 9 and 0 of sm_90 */
  int32_t multiprocessors;
  int32_t driver_version, runtime_version; /* 1000 * major + 10 * minor of the CUDA versions */
} levin_device_info;

/* 0 devices are no failure. NO_DRIVER without a driver that this library can use. */
LEVIN_API levin_status levin_device_count(int32_t* count);

LEVIN_API levin_status levin_get_device_info(int32_t index, levin_device_info* info);

/* ---- context and memory ----------------------------------------------------------------------------------- */

/* UNSUPPORTED for a device older than sm_80 or one that this library has no code for. */
LEVIN_API levin_status levin_context_create(int32_t device, levin_context* context);

/* Null is allowed, as for all functions that destroy. Streams, events and graphs must be gone. */
LEVIN_API void levin_context_destroy(levin_context context);

/* What the driver says; memory that this process has freed into the pool counts as free. */
LEVIN_API levin_status levin_memory_info(levin_context context, int64_t* free_bytes, int64_t* total_bytes);

/* Uninitialised device memory, aligned to 256 bytes, from the device's pool in stream order. 0 bytes are allowed.
 */
LEVIN_API levin_status levin_allocate(levin_stream stream, int64_t bytes, uint64_t* address);

/* In stream order: what was queued before may still use it. Address 0 is allowed. */
LEVIN_API levin_status levin_free(levin_stream stream, uint64_t address);

/* Gives memory that the pool holds but nobody uses back to the driver. */
LEVIN_API levin_status levin_trim_pool(levin_context context);

/* Pinned host memory, which copies run at full speed from and to, beside the host's own work. */
LEVIN_API levin_status levin_host_allocate(levin_context context, int64_t bytes, uint64_t* address);
LEVIN_API levin_status levin_host_free(levin_context context, uint64_t address);

/* Copies in stream order. Host memory must stay as it is until the stream has run the copy. */
LEVIN_API levin_status levin_copy_to_device(levin_stream stream, uint64_t target, const void* source,
                                            int64_t bytes);
LEVIN_API levin_status levin_copy_to_host(levin_stream stream, void* target, uint64_t source, int64_t bytes);
LEVIN_API levin_status levin_copy_on_device(levin_stream stream, uint64_t target, uint64_t source, int64_t bytes);
LEVIN_API levin_status levin_fill(levin_stream stream, uint64_t target, int32_t byte, int64_t bytes);

/* ---- streams and events ----------------------------------------------------------------------------------- */

LEVIN_API levin_status levin_stream_create(levin_context context, levin_stream* stream);
LEVIN_API void levin_stream_destroy(levin_stream stream);

/* Waits until all queued work is done and reports what failed in it. */
LEVIN_API levin_status levin_stream_synchronize(levin_stream stream);

/* timing 0: an event that only orders, which costs less. */
LEVIN_API levin_status levin_event_create(levin_context context, int32_t timing, levin_event* event);
LEVIN_API void levin_event_destroy(levin_event event);
LEVIN_API levin_status levin_event_record(levin_event event, levin_stream stream);

/* Waits on the host; returns at once for an event never recorded. */
LEVIN_API levin_status levin_event_synchronize(levin_event event);

/* What is queued on the stream from now on waits for the event. */
LEVIN_API levin_status levin_stream_wait_event(levin_stream stream, levin_event event);

/* Both events must have been created with timing and have happened. */
LEVIN_API levin_status levin_event_elapsed(levin_event start, levin_event end, float* millis);

/* ---- graphs ----------------------------------------------------------------------------------------------- */

/* From here to the end of the capture, calls on the stream are recorded and not run. No allocation in between. */
LEVIN_API levin_status levin_capture_begin(levin_stream stream);

/* Also ends a capture in which a call failed; no graph then. */
LEVIN_API levin_status levin_capture_end(levin_stream stream, levin_graph* graph);

/* Ends a capture and gives an existing graph its work: in place where the kernels are the same ones. */
LEVIN_API levin_status levin_capture_update(levin_stream stream, levin_graph graph);

LEVIN_API levin_status levin_graph_launch(levin_graph graph, levin_stream stream);

/* Kernels, copies and fills of one launch. */
LEVIN_API levin_status levin_graph_nodes(levin_graph graph, int64_t* nodes);

LEVIN_API void levin_graph_destroy(levin_graph graph);

/* ---- ops -------------------------------------------------------------------------------------------------- */

/* Activations, the tensors below without a dtype, are F32, F16 or BF16, all of one call alike. They are widened
 * when read and rounded to nearest even when written; what lies between is float32. */

/* data 0 is an absent optional tensor, whose other fields are not read. */
typedef struct levin_tensor {
  uint64_t data;
  int32_t dtype;
  int32_t rank;            /* 1 to 4 */
  int64_t shape[4];        /* outermost first; unused ones are not read */
  int64_t stride_bytes[4]; /* of all dimensions but the last */
} levin_tensor;

/* Device memory that an op may write while it runs; contents mean nothing before and after. */
typedef struct levin_workspace {
  uint64_t data;
  int64_t bytes;
} levin_workspace;

/* Which tokens belong to which sequence, and where its keys lie. The maxima size the launch and the workspace;
 * results do not depend on them, so a graph is captured with bounds that hold for all its launches. */
typedef struct levin_batch {
  levin_tensor positions;    /* [T] I32 */
  levin_tensor cu_seqlens_q; /* [B + 1] I32: prefix sums of query lengths, first 0, last T */
  levin_tensor kv_lens;      /* [B] I32: keys after this step, the new ones included */
  levin_tensor page_table;   /* [B, max_pages] I32; entries past the last used page are not read */
  levin_tensor state_slots;  /* [B] I32 */
  int64_t page_size;         /* tokens */
  int64_t max_query_len;     /* no sequence has more query rows */
  int64_t max_kv_len;        /* nor more keys */
} levin_batch;

/* out = x + scale * y; out may be x or y. [T, C]. */
typedef struct levin_add_args {
  levin_tensor x, y, out;
  float scale;
} levin_add_args;
LEVIN_API levin_status levin_add(levin_stream stream, const levin_add_args* args);

/* out = cap * tanh(x / cap), cap > 0; out may be x. [T, C]. */
typedef struct levin_soft_cap_args {
  levin_tensor x, out;
  float cap;
} levin_soft_cap_args;
LEVIN_API levin_status levin_soft_cap(levin_stream stream, const levin_soft_cap_args* args);

/* Of levin_gated_activation and levin_causal_conv. */
enum {
  LEVIN_ACTIVATION_SILU = 0,
  LEVIN_ACTIVATION_GELU_TANH = 1,
  LEVIN_ACTIVATION_GELU_ERF = 2,
  LEVIN_ACTIVATION_RELU = 3,
  LEVIN_ACTIVATION_RELU_SQUARED = 4,
  LEVIN_ACTIVATION_SWIGLU_CLAMPED = 5, /* gated only */
  LEVIN_ACTIVATION_NONE = 6            /* convolution only */
};

/* out = f(gate) * up, or f(gate) without up; out may be gate or up. [T, F]. */
typedef struct levin_gated_activation_args {
  levin_tensor gate, up, out;
  int32_t activation;
} levin_gated_activation_args;
LEVIN_API levin_status levin_gated_activation(levin_stream stream, const levin_gated_activation_args* args);

/* out = x / sqrt(mean(x^2) + eps) * (weight + weight_bias) over the last dimension; out may be x. */
typedef struct levin_rms_norm_args {
  levin_tensor x;      /* [T, C] or [T, G, C] */
  levin_tensor weight; /* [C] or [G, C] F32, or absent for ones */
  levin_tensor out;    /* like x */
  float eps;
  float weight_bias;
} levin_rms_norm_args;
LEVIN_API levin_status levin_rms_norm(levin_stream stream, const levin_rms_norm_args* args);

/* out[t] = scale * table[ids[t]]. */
typedef struct levin_embed_args {
  levin_tensor table; /* [V, C], any dtype but BOOL, Q8_1 and Q8_K */
  levin_tensor ids;   /* [T] I32 */
  levin_tensor out;   /* [T, C] */
  float scale;
} levin_embed_args;
LEVIN_API levin_status levin_embed(levin_stream stream, const levin_embed_args* args);

/* Decodes rows of any dtype to F32, or encodes F32 rows to F64, F32, F16, BF16, F8_E4M3, F8_E5M2, Q8_0 or Q4_0; to
 * the bit as the dtype's codec. */
typedef struct levin_convert_args {
  levin_tensor x;   /* [R, K] */
  levin_tensor out; /* [R, K] */
} levin_convert_args;
LEVIN_API levin_status levin_convert(levin_stream stream, const levin_convert_args* args);

/* out = residual + scale * (x . weight^T + bias); out may be residual, not x. */
typedef struct levin_linear_args {
  levin_tensor x;        /* [T, K] */
  levin_tensor weight;   /* [N, K], any dtype but integers, F64, BOOL, Q8_1 and Q8_K */
  levin_tensor bias;     /* [N] F32 or absent */
  levin_tensor residual; /* [T, N] like out, or absent */
  levin_tensor out;      /* [T, N] like x, or F32 */
  float scale;
} levin_linear_args;
LEVIN_API levin_status levin_linear(levin_stream stream, const levin_linear_args* args);

/* out[t, h] = weight[h] . x[t, h]. */
typedef struct levin_head_linear_args {
  levin_tensor x;      /* [T, H, K] */
  levin_tensor weight; /* [H, N, K], dtypes of levin_linear */
  levin_tensor out;    /* [T, H, N] */
} levin_head_linear_args;
LEVIN_API levin_status levin_head_linear(levin_stream stream, const levin_head_linear_args* args);

/* y[t, j] = weight[ids[t, j]] . x[t (, j)] + bias[ids[t, j]]. Without combine out is y, with it out[t] =
 * residual[t] + sum over j, in order, of combine[t, j] * y[t, j]. */
typedef struct levin_grouped_linear_args {
  levin_tensor x;        /* [T, K] or [T, k, K] */
  levin_tensor weight;   /* [E, N, K], dtypes of levin_linear */
  levin_tensor bias;     /* [E, N] F32 or absent */
  levin_tensor ids;      /* [T, k] I32 */
  levin_tensor combine;  /* [T, k] F32 or absent */
  levin_tensor residual; /* [T, N] or absent; only with combine; may be out */
  levin_tensor out;      /* [T, k, N], with combine [T, N] */
  levin_workspace workspace;
} levin_grouped_linear_args;
LEVIN_API levin_status levin_grouped_linear(levin_stream stream, const levin_grouped_linear_args* args);

/* Bytes that the workspace must have; it depends on shapes alone, and addresses are not read. */
LEVIN_API levin_status levin_grouped_linear_workspace(const levin_grouped_linear_args* args, int64_t* bytes);

/* out[t, i] = scale * cos(positions[t] * inv_freq[i]), out[t, R/2 + i] the sine. */
typedef struct levin_rope_table_args {
  levin_tensor positions; /* [T] I32 */
  levin_tensor inv_freq;  /* [R/2] F32 */
  levin_tensor out;       /* [T, R] F32 */
  float scale;
} levin_rope_table_args;
LEVIN_API levin_status levin_rope_table(levin_stream stream, const levin_rope_table_args* args);

enum {
  LEVIN_ROPE_HALF = 0,       /* pairs (i, i + R/2) */
  LEVIN_ROPE_INTERLEAVED = 1 /* pairs (2i, 2i + 1) */
};

/* Rotates q in place, rotates k, and writes k and v into their pages; k and v stay as they are. */
typedef struct levin_rope_append_args {
  levin_tensor q;            /* [T, H, Dk] */
  levin_tensor k;            /* [T, Hkv, Dk] */
  levin_tensor v;            /* [T, Hkv, Dv], or absent: values are a prefix of the keys */
  levin_tensor cos_sin;      /* [T, R] F32 of levin_rope_table, or absent: nothing is rotated */
  levin_tensor slot_mapping; /* [T] I32: page * page_size + slot; outside the cache: written nowhere */
  levin_tensor k_cache;      /* [pages, Hkv, page_size, Dk]: F32, F16, BF16, F8_E4M3, F8_E5M2, Q8_0 or Q4_0 */
  levin_tensor v_cache;      /* [pages, Hkv, page_size, Dv], absent exactly when v is */
  int32_t style;
  int32_t rotary_offset; /* first rotated element of a head */
} levin_rope_append_args;
LEVIN_API levin_status levin_rope_append(levin_stream stream, const levin_rope_append_args* args);

/* out[t, h] = softmax(soft_cap(sm_scale * q[t, h] . K) ++ sinks[h]) . V. Query row r of sequence b sits at key
 * kv_lens[b] - (cu_seqlens_q[b + 1] - r); it sees keys up to itself when causal, the last window of those when
 * window is positive, and of its own step's keys those that the tree mask allows. A row that sees no key yields
 * zeros and an lse of -infinity. */
typedef struct levin_attention_args {
  levin_tensor q;         /* [T, H, Dk]; Dk up to 576 */
  levin_tensor k_cache;   /* [pages, Hkv, page_size, Dk], dtypes of levin_rope_append */
  levin_tensor v_cache;   /* [pages, Hkv, page_size, Dv], or absent: the first Dv elements of the keys */
  levin_tensor out;       /* [T, H, Dv]; Dv up to 512 */
  levin_tensor lse;       /* [T, H] F32 natural log-sum-exp, the sink included; or absent */
  levin_tensor sinks;     /* [H] F32 or absent */
  levin_tensor tree_mask; /* [T, words] I32 or absent: bit j of row r allows the j-th query of r's sequence */
  levin_batch batch;
  levin_workspace workspace;
  float sm_scale;
  float soft_cap; /* 0 for none */
  int32_t window; /* keys visible, itself included; 0 for all */
  int32_t causal;
} levin_attention_args;
LEVIN_API levin_status levin_attention(levin_stream stream, const levin_attention_args* args);

/* As levin_grouped_linear_workspace; depends on the batch's maxima as well. */
LEVIN_API levin_status levin_attention_workspace(const levin_attention_args* args, int64_t* bytes);

/* Joins two results over disjoint keys by their log-sum-exps; outputs may be inputs of either side. */
typedef struct levin_merge_attention_args {
  levin_tensor a;     /* [T, H, D] */
  levin_tensor lse_a; /* [T, H] F32 */
  levin_tensor b;     /* [T, H, D] */
  levin_tensor lse_b; /* [T, H] F32 */
  levin_tensor out;   /* [T, H, D] */
  levin_tensor lse;   /* [T, H] F32 */
} levin_merge_attention_args;
LEVIN_API levin_status levin_merge_attention(levin_stream stream, const levin_merge_attention_args* args);

/* Page to[i] of a contiguous cache becomes page from[i], byte for byte; no page is both. */
typedef struct levin_copy_pages_args {
  levin_tensor cache; /* [pages, ...], any dtype */
  levin_tensor from;  /* [n] I32 */
  levin_tensor to;    /* [n] I32 */
} levin_copy_pages_args;
LEVIN_API levin_status levin_copy_pages(levin_stream stream, const levin_copy_pages_args* args);

enum { LEVIN_SCORING_SOFTMAX = 0, LEVIN_SCORING_SOFTMAX_OF_TOP_K = 1, LEVIN_SCORING_SIGMOID = 2 };

/* The k best experts of each token, best first, ties to the lower id. Selection by score + selection_bias, weights
 * from the plain scores; only the best top_groups of groups equal runs of experts compete. */
typedef struct levin_route_experts_args {
  levin_tensor logits;         /* [T, E] F32; E up to 4096 */
  levin_tensor selection_bias; /* [E] F32 or absent */
  levin_tensor ids;            /* [T, k] I32 */
  levin_tensor weights;        /* [T, k] F32 */
  int32_t scoring;
  int32_t normalise; /* divide the weights by their sum */
  int32_t groups;    /* 1 for no groups */
  int32_t top_groups;
  float scale; /* on the weights, last */
} levin_route_experts_args;
LEVIN_API levin_status levin_route_experts(levin_stream stream, const levin_route_experts_args* args);

/* out[t, c] = f(bias[c] + sum over w of weight[c, w] * x[t - W + 1 + w, c]) along each sequence; inputs before its
 * first token of this step come from the state, or are 0 if that token is at position 0. */
typedef struct levin_causal_conv_args {
  levin_tensor x;      /* [T, Ch] */
  levin_tensor weight; /* [Ch, W] F32; W from 1 to 16 */
  levin_tensor bias;   /* [Ch] F32 or absent */
  levin_tensor state;  /* [slots, Ch, W - 1] F32, read and written at the batch's state slots */
  levin_tensor out;    /* [T, Ch], not x */
  levin_batch batch;
  int32_t activation;
} levin_causal_conv_args;
LEVIN_API levin_status levin_causal_conv(levin_stream stream, const levin_causal_conv_args* args);

/* Mamba-2: with d = clamp(softplus(dt + dt_bias), dt_min, dt_max) and g = h / (H / G),
 * S[h] = exp(d * a[h]) S[h] + d * x[t, h] (outer) b[t, g]; out[t, h] = S[h] . c[t, g] + skip[h] * x[t, h]. */
typedef struct levin_ssm_scan_args {
  levin_tensor x;       /* [T, H, P] */
  levin_tensor dt;      /* [T, H] */
  levin_tensor a;       /* [H] F32, negative */
  levin_tensor b;       /* [T, G, N] */
  levin_tensor c;       /* [T, G, N] */
  levin_tensor skip;    /* [H] F32 or absent */
  levin_tensor dt_bias; /* [H] F32 */
  levin_tensor state;   /* [slots, H, P, N] F32, read and written at the batch's state slots */
  levin_tensor out;     /* [T, H, P] */
  levin_batch batch;
  float dt_min, dt_max;
} levin_ssm_scan_args;
LEVIN_API levin_status levin_ssm_scan(levin_stream stream, const levin_ssm_scan_args* args);

/* ---- beyond the ops of a forward pass over GGUF weights ---------------------------------------------------- */

/* The highest logit of each row, the lowest id among equals; -1 for a row that holds NaN or infinity, or nothing
 * but -infinity. */
typedef struct levin_argmax_args {
  levin_tensor logits; /* [R, V] F32, V below 2^20 */
  levin_tensor ids;    /* [R] I32 */
} levin_argmax_args;
LEVIN_API levin_status levin_argmax(levin_stream stream, const levin_argmax_args* args);

/* Of the top_k highest logits, those of the fewest highest whose probabilities sum to top_p, of these those not
 * below min_p times the highest probability; drawn by their probabilities at a temperature, in the order of their
 * ids. -1 as in levin_argmax. */
typedef struct levin_sample_args {
  levin_tensor logits;      /* [R, V] F32, V below 2^20 */
  levin_tensor temperature; /* [R] F32, at least 0; 0 is greedy */
  levin_tensor top_k;       /* [R] I32, 0 for all; or absent */
  levin_tensor top_p;       /* [R] F32, 1 for all; or absent */
  levin_tensor min_p;       /* [R] F32, 0 for all; or absent */
  levin_tensor point;       /* [R] F32, uniform in [0, 1) */
  levin_tensor ids;         /* [R] I32 */
} levin_sample_args;
LEVIN_API levin_status levin_sample(levin_stream stream, const levin_sample_args* args);

/* Codes of levin_mixed_linear's weights. Those below 8 bits lie in groups of 32 values: value i in the low nibble
 * of byte i, value i + 16 in the high one; six-bit codes keep their upper two bits behind, those of values 4i ..
 * 4i + 3 in byte 16 + i. */
enum {
  LEVIN_CODES_E4M3 = 0,
  LEVIN_CODES_E5M2 = 1,
  LEVIN_CODES_I8 = 2,
  LEVIN_CODES_U4 = 3,   /* 0 .. 15 */
  LEVIN_CODES_E2M1 = 4, /* OCP MXFP4 */
  LEVIN_CODES_E3M2 = 5, /* OCP MXFP6 */
  LEVIN_CODES_E2M3 = 6
};

/* out = residual + x_scale * ((scales * (codes - zeros)) . x) + bias, for weights whose scales lie apart: one for
 * rows_per_scale rows by values_per_scale values of K. */
typedef struct levin_mixed_linear_args {
  levin_tensor x;       /* [T, K]: F32, F16, BF16, I8, F8_E4M3 or F8_E5M2 */
  levin_tensor x_scale; /* F32 [T], [1] for all, or [T, ceil(K / 128)] for F8 by F8 codes; or absent */
  levin_tensor weight;  /* [N, bytes of a row of codes] U8 */
  levin_tensor
      scales; /* [ceil(N / rows_per_scale), ceil(K / values_per_scale)]: F32, F16, BF16; U8 e: 2^(e - 127) */
  levin_tensor zeros;    /* like scales, U8; taken off U4 and I8 codes; or absent */
  levin_tensor bias;     /* [N] F32 or absent */
  levin_tensor residual; /* [T, N] like out, or absent; may be out */
  levin_tensor out;      /* [T, N]: F32, F16 or BF16 */
  int64_t rows_per_scale;
  int64_t values_per_scale; /* a multiple of 32, or at least K */
  int32_t codes;
} levin_mixed_linear_args;
LEVIN_API levin_status levin_mixed_linear(levin_stream stream, const levin_mixed_linear_args* args);

/* Small floats in blocks along K with scales of their own. Values lie in order, two FP4 ones in a byte, the first
 * in the low half; K is a multiple of 32. */
enum {
  LEVIN_BLOCKS_MXFP8 = 0, /* E4M3, a scale 2^(e - 127) for 32 values */
  LEVIN_BLOCKS_MXFP4 = 1, /* E2M1, a scale 2^(e - 127) for 32 values */
  LEVIN_BLOCKS_NVFP4 = 2  /* E2M1, an E4M3 scale for 16 values */
};

/* out = residual + (scale * (weight . x) + bias), both operands in the same format. sm_120a multiplies codes as
 * they are, others as bfloat16, which holds codes times scales. */
typedef struct levin_block_scaled_linear_args {
  levin_tensor x;             /* [T, bytes of a row: K, of FP4 K / 2] U8 */
  levin_tensor x_scales;      /* [T, K / values of a block] U8 */
  levin_tensor weight;        /* [N, bytes of a row] U8 */
  levin_tensor weight_scales; /* [N, K / values of a block] U8 */
  levin_tensor bias;          /* [N] F32 or absent */
  levin_tensor residual;      /* [T, N] like out, or absent; may be out */
  levin_tensor out;           /* [T, N]: F32, F16 or BF16 */
  float scale;                /* of NVFP4 the product of both tensors' scales; else 1 */
  int32_t format;
} levin_block_scaled_linear_args;
LEVIN_API levin_status levin_block_scaled_linear(levin_stream stream, const levin_block_scaled_linear_args* args);

/* codes and scales of a block such that scale * scales * codes is nearly x. Scales are those of OCP MX; of NVFP4
 * the nearest to the largest magnitude / 6. Codes are the nearest and saturate; NaN and infinity make a block's
 * scale NaN. */
typedef struct levin_quantize_blocks_args {
  levin_tensor x;      /* [T, K]: F32, F16 or BF16 */
  levin_tensor codes;  /* [T, bytes of a row] U8 */
  levin_tensor scales; /* [T, K / values of a block] U8 */
  float scale;         /* positive */
  int32_t format;
} levin_quantize_blocks_args;
LEVIN_API levin_status levin_quantize_blocks(levin_stream stream, const levin_quantize_blocks_args* args);

#ifdef __cplusplus
}
#endif

#endif
