/* The C ABI: checks arguments, finds the kernel, calls it. */
#include <stdarg.h>
#include <stdio.h>

#include "features.h"

namespace {

using levin::KernelSet;
using levin::LinearKernel;
using levin::Scheme;

constexpr int64_t kCacheLine = 64;
constexpr int64_t kPage = 4096;

/* Sizes up to here cannot overflow 64 bits when multiplied with each other and a block's bytes. */
constexpr int64_t kMaxSize = INT64_C(1) << 28;

/* Most rows, and elements of a head, of attention. */
constexpr int64_t kMaxExtent = INT64_C(1) << 20;

constexpr int kErrorBytes = 256;
thread_local char last_error[kErrorBytes];

__attribute__((format(printf, 2, 3))) levin_cpu_status fail(levin_cpu_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, kErrorBytes, format, arguments);
  va_end(arguments);
  return status;
}

/* Chosen before main or on first use; both yield the same. */
struct Choice {
  int32_t isa;
  const KernelSet* kernels;
};

int32_t chosen_isa = -1;

Choice chosen() {
  int32_t isa = __atomic_load_n(&chosen_isa, __ATOMIC_RELAXED);
  if (isa < 0) {
    isa = levin::best_isa();
    int32_t none = -1;
    if (!__atomic_compare_exchange_n(&chosen_isa, &none, isa, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      isa = none;
    }
  }
  return {isa, levin::kernels_for(isa)};
}

const LinearKernel* find(int32_t dtype) {
  const KernelSet* set = chosen().kernels;
  for (const LinearKernel& kernel : set->kernels) {
    if (kernel.scheme.dtype == dtype) {
      return &kernel;
    }
  }
  return nullptr;
}

const levin::AttentionKernel* find_attention(int32_t dtype) {
  for (const levin::AttentionKernel& kernel : chosen().kernels->attention) {
    if (kernel.dtype == dtype) {
      return &kernel;
    }
  }
  return nullptr;
}

int64_t round_up(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}

int64_t padded_length(const Scheme& scheme, int64_t k) {
  return round_up(k, scheme.integer ? levin::kSpan : levin::kFloatLanes);
}

int64_t table_bytes(int64_t k) {
  return round_up(k, levin::kTableGroup) / levin::kTableGroup * (levin::kTableGroupBytes + 4);
}

/* Not a multiple of a page, so that the tokens of a tile do not compete for the same cache sets. */
int64_t token_stride(const LinearKernel& kernel, int64_t k) {
  const Scheme& scheme = kernel.scheme;
  int64_t padded = padded_length(scheme, k);
  int64_t bytes = padded * 4;
  if (scheme.integer) {
    bytes = padded + padded / levin::kBlock * 4 * (scheme.half_group ? 3 : 2) + (scheme.words ? 2 * padded : 0);
  }
  if (kernel.tabulate != nullptr) {
    bytes = table_bytes(k);
  }
  bytes = round_up(bytes, kCacheLine);
  return bytes % kPage == 0 ? bytes + kCacheLine : bytes;
}

bool is_length(const Scheme& scheme, int64_t k) {
  return k >= 0 && k <= kMaxSize && k % scheme.block_values == 0;
}

/* Products of two stay far below 64 bits. */
bool is_extent(int64_t extent) {
  return extent >= 0 && extent <= kMaxExtent;
}

bool is_count(int64_t count) {
  return count >= 0 && count <= kMaxSize;
}

int64_t scratch_bytes(const Scheme& scheme, int64_t k) {
  int64_t padded = padded_length(scheme, k);
  if (!scheme.integer) {
    return levin::kTileRows * padded * 4;
  }
  int64_t planes = (scheme.half_group ? 2 : 1) * (scheme.has_min ? 2 : 1);
  return levin::kTileRows * (padded * (scheme.words ? 2 : 1) + padded / levin::kBlock * planes * 4);
}

bool is_aligned(const void* p) {
  return (uintptr_t)p % kCacheLine == 0;
}

}  // namespace

#define REQUIRE(condition)                                                                             \
  do {                                                                                                 \
    if (!(condition)) {                                                                                \
      return fail(LEVIN_CPU_INVALID_ARGUMENT, "%s: %s does not hold", __func__, #condition);           \
    }                                                                                                  \
  } while (0)

extern "C" {

uint64_t levin_cpu_features(void) {
  return levin::detect_features();
}

int32_t levin_cpu_isa(void) {
  return chosen().isa;
}

const char* levin_cpu_isa_name(int32_t isa) {
  static const char* const kNames[LEVIN_CPU_ISA_COUNT] = {"portable", "avx2",        "avx512-vnni-256",
                                                          "avx-vnni", "avx512-vnni", "neon-dot"};
  return isa >= 0 && isa < LEVIN_CPU_ISA_COUNT ? kNames[isa] : nullptr;
}

int32_t levin_cpu_isa_available(int32_t isa) {
  return levin::kernels_for(isa) != nullptr;
}

levin_cpu_status levin_cpu_force_isa(int32_t isa) {
  const char* name = levin_cpu_isa_name(isa);
  if (name == nullptr) {
    return fail(LEVIN_CPU_INVALID_ARGUMENT, "there is no instruction set %d", isa);
  }
  if (levin::kernels_for(isa) == nullptr) {
    return fail(LEVIN_CPU_UNSUPPORTED, "this processor or build does not run %s kernels", name);
  }
  __atomic_store_n(&chosen_isa, isa, __ATOMIC_RELAXED);
  return LEVIN_CPU_OK;
}

int32_t levin_cpu_supports(int32_t dtype) {
  return find(dtype) != nullptr;
}

int32_t levin_cpu_rounds_activations(int32_t dtype) {
  const LinearKernel* kernel = find(dtype);
  return kernel == nullptr || !kernel->scheme.integer ? 0 : kernel->tabulate ? levin::kTableGroup : levin::kBlock;
}

int64_t levin_cpu_activation_bytes(int32_t dtype, int64_t tokens, int64_t k) {
  const LinearKernel* kernel = find(dtype);
  if (kernel == nullptr || !is_count(tokens) || !is_length(kernel->scheme, k)) {
    return -1;
  }
  return tokens * token_stride(*kernel, k);
}

int64_t levin_cpu_scratch_bytes(int32_t dtype, int64_t k) {
  const LinearKernel* kernel = find(dtype);
  return kernel != nullptr && is_length(kernel->scheme, k) ? scratch_bytes(kernel->scheme, k) : -1;
}

levin_cpu_status levin_cpu_prepare(const levin_cpu_prepare_args* args) {
  REQUIRE(args != nullptr);
  const LinearKernel* kernel = find(args->dtype);
  if (kernel == nullptr) {
    return fail(LEVIN_CPU_UNSUPPORTED, "%s: no kernel for dtype %d", __func__, args->dtype);
  }
  const Scheme& scheme = kernel->scheme;
  REQUIRE(is_length(scheme, args->k));
  REQUIRE(is_count(args->first));
  REQUIRE(is_count(args->tokens));
  if (args->tokens == 0 || args->k == 0) {
    return LEVIN_CPU_OK;
  }
  int64_t stride = token_stride(*kernel, args->k);
  REQUIRE(args->x != nullptr);
  REQUIRE(args->x_stride >= args->k || args->tokens == 1);
  REQUIRE(args->activations != nullptr);
  REQUIRE(is_aligned(args->activations));
  REQUIRE(args->activations_bytes >= (args->first + args->tokens) * stride);
  int64_t padded = padded_length(scheme, args->k);
  const KernelSet* set = chosen().kernels;
  for (int64_t t = 0; t < args->tokens; t++) {
    const float* x = args->x + t * args->x_stride;
    uint8_t* row = (uint8_t*)args->activations + (args->first + t) * stride;
    if (kernel->tabulate != nullptr) {
      kernel->tabulate(x, args->k, row);
    } else if (scheme.integer) {
      set->quantize(scheme, x, args->k, padded, row);
    } else {
      __builtin_memcpy(row, x, (size_t)args->k * 4);
      __builtin_memset(row + args->k * 4, 0, (size_t)(padded - args->k) * 4);
    }
  }
  return LEVIN_CPU_OK;
}

levin_cpu_status levin_cpu_linear(const levin_cpu_linear_args* args) {
  REQUIRE(args != nullptr);
  const LinearKernel* kernel = find(args->dtype);
  if (kernel == nullptr) {
    return fail(LEVIN_CPU_UNSUPPORTED, "%s: no kernel for dtype %d", __func__, args->dtype);
  }
  const Scheme& scheme = kernel->scheme;
  REQUIRE(is_length(scheme, args->k));
  REQUIRE(is_count(args->tokens));
  REQUIRE(args->n0 >= 0 && args->n0 <= args->n1);
  REQUIRE(is_count(args->n1));
  if (args->tokens == 0 || args->n0 == args->n1) {
    return LEVIN_CPU_OK;
  }
  levin::LinearCall call;
  call.row_bytes = args->k / scheme.block_values * scheme.block_bytes;
  call.token_stride = token_stride(*kernel, args->k);
  REQUIRE(args->weight != nullptr);
  REQUIRE(args->row_stride >= call.row_bytes);
  REQUIRE(args->activations != nullptr);
  REQUIRE(is_aligned(args->activations));
  REQUIRE(args->out != nullptr);
  REQUIRE(args->out_stride >= args->n1 - args->n0 || args->tokens == 1);
  REQUIRE(args->scratch != nullptr);
  REQUIRE(is_aligned(args->scratch));
  REQUIRE(args->scratch_bytes >= scratch_bytes(scheme, args->k));
  int64_t prepared = args->activations_bytes / call.token_stride;
  REQUIRE(args->rows != nullptr || args->tokens <= prepared);
  for (int64_t t = 0; args->rows != nullptr && t < args->tokens; t++) {
    REQUIRE(args->rows[t] >= 0 && args->rows[t] < prepared);
  }
  call.weight = (const uint8_t*)args->weight;
  call.row_stride = args->row_stride;
  call.activations = (const uint8_t*)args->activations;
  call.rows = args->rows;
  call.tokens = args->tokens;
  call.k = args->k;
  call.n0 = args->n0;
  call.n1 = args->n1;
  call.out = args->out;
  call.out_stride = args->out_stride;
  call.scratch = (uint8_t*)args->scratch;
  kernel->linear(call);
  return LEVIN_CPU_OK;
}

levin_cpu_status levin_cpu_linear_over(const void* weight, levin_cpu_linear_args* args) {
  REQUIRE(args != nullptr);
  args->weight = weight;
  return levin_cpu_linear(args);
}

int32_t levin_cpu_attends(int32_t dtype) {
  return find_attention(dtype) != nullptr;
}

int64_t levin_cpu_attend_scratch_bytes(int64_t rows, int64_t key_dim, int64_t value_dim) {
  if (!is_extent(rows) || !is_extent(key_dim) || !is_extent(value_dim)) {
    return -1;
  }
  int64_t dims = round_up(key_dim, levin::kFloatLanes) + round_up(value_dim, levin::kFloatLanes);
  return 4 * ((rows + levin::kKeyBlock) * dims + rows * levin::kKeyBlock);
}

levin_cpu_status levin_cpu_attend(const levin_cpu_attend_args* args) {
  REQUIRE(args != nullptr);
  const levin::AttentionKernel* kernel = find_attention(args->dtype);
  if (kernel == nullptr) {
    return fail(LEVIN_CPU_UNSUPPORTED, "%s: no kernel for dtype %d", __func__, args->dtype);
  }
  int64_t scratch_bytes = levin_cpu_attend_scratch_bytes(args->rows, args->key_dim, args->value_dim);
  REQUIRE(scratch_bytes >= 0);
  REQUIRE(args->key_dim % kernel->block_values == 0);
  REQUIRE(args->value_dim % kernel->block_values == 0);
  REQUIRE(args->from >= 0 && args->from <= args->to && is_count(args->to));
  REQUIRE(args->page_size > 0 && is_count(args->page_size));
  REQUIRE(args->keys != nullptr);
  REQUIRE(args->values != nullptr || args->value_dim <= args->key_dim);
  REQUIRE(args->key_stride >= args->key_dim / kernel->block_values * kernel->block_bytes);
  REQUIRE(args->values == nullptr ||
          args->value_stride >= args->value_dim / kernel->block_values * kernel->block_bytes);
  REQUIRE(args->pages != nullptr);
  REQUIRE(args->queries != nullptr && args->firsts != nullptr && args->ends != nullptr);
  REQUIRE(args->tree_mask == nullptr || (args->tree_words >= 0 && args->to - args->first_own <= 32 * args->tree_words));
  for (int64_t r = 0; r < args->rows; r++) {
    REQUIRE(args->firsts[r] >= args->from && args->ends[r] <= args->to);
  }
  REQUIRE(args->sums != nullptr && args->maxima != nullptr && args->totals != nullptr);
  REQUIRE(args->scratch != nullptr);
  REQUIRE(is_aligned(args->scratch));
  REQUIRE(args->scratch_bytes >= scratch_bytes);
  kernel->attend(*args);
  return LEVIN_CPU_OK;
}

levin_cpu_status levin_cpu_attend_over(const void*, const void*, const levin_cpu_attend_args* args) {
  return levin_cpu_attend(args);
}

const char* levin_cpu_last_error(void) {
  return last_error;
}

}  // extern "C"
