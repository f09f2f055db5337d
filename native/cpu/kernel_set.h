/*
 * Instantiates every kernel for the instruction set whose vocabulary was included before. A translation
 * unit includes it once, inside no namespace, and publishes kernel_set().
 */
#include "attention.h"
#include "floats.h"
#include "formats.h"
#include "formats_k.h"
#include "kernels.h"
#include "quantize.h"
#include "rows.h"
#if defined(LEVIN_TILES)
#include "tables.h"
#include "tiles.h"
#endif

namespace {

using levin::AttentionKernel;
using levin::KernelSet;
using levin::LinearKernel;

#if defined(LEVIN_TILES)
/* From here on, packing sixteen rows costs less than unpacking each for every four tokens. */
constexpr int64_t kFewestTileTokens = 5;
#endif

template <class Format>
void linear_integers(const LinearCall& call) {
#if defined(LEVIN_TILES)
  if (call.tokens >= kFewestTileTokens) {
    return multiply_tiles<Format>(call);
  }
#endif
  multiply_tokens_by_row<Format>(call);
}

template <class Format>
constexpr LinearKernel integers() {
  return {Format::kScheme, linear_integers<Format>, nullptr};
}

template <class Format>
constexpr LinearKernel floats() {
  return {Format::kScheme, linear_floats<Format>, nullptr};
}

/* The same weights by lookup, under a dtype of their own. */
template <class Format>
constexpr LinearKernel tables() {
#if defined(LEVIN_TILES)
  Scheme scheme = Format::kScheme;
  scheme.dtype |= LEVIN_CPU_DTYPE_TABLES;
  return {scheme, linear_tables<Format>, tabulate_row<Format>};
#else
  return {{-1, 1, 0, false, 0, false, false}, nullptr, nullptr};
#endif
}

template <class Cache>
constexpr AttentionKernel attention() {
  return {Cache::kDtype, Cache::kBlockValues, Cache::kBlockBytes, attend<Cache>};
}

constexpr KernelSet kernel_set(const char* name) {
  return {name,
          quantize_row,
          {floats<Float32>(),  floats<Float16>(),  integers<Q4_0>(),      integers<Q4_1>(),     integers<Q5_0>(),
           integers<Q5_1>(),   integers<Q8_0>(),   integers<Q2_K>(),      integers<Q3_K>(),     integers<Q4_K>(),
           integers<Q5_K>(),   integers<Q6_K>(),   integers<IQ4_NL>(),    integers<IQ4_XS>(),   floats<BFloat16>(),
           integers<TQ1_0>(),  integers<TQ2_0>(),  integers<I2_S>(),      integers<MXFP4>(),    integers<NVFP4>(),
           floats<Float8E4M3>(), floats<Float8E5M2>(), tables<TQ2_0>(), tables<I2_S>()},
          {attention<CacheF32>(), attention<PlainCache<Float16>>(), attention<PlainCache<BFloat16>>(),
           attention<CacheQ8_0>(), attention<CacheQ4_0>(), attention<PlainCache<Float8E4M3>>(),
           attention<PlainCache<Float8E5M2>>()}};
}

}  // namespace
