/*
 * What a translation unit compiled for one instruction set offers to the dispatcher, and the layouts the
 * two share. Nothing here may be an inline function: the linker would keep one copy of it, compiled for
 * whichever instruction set came first.
 */
#ifndef LEVIN_CPU_KERNELS_H
#define LEVIN_CPU_KERNELS_H

#include <stdint.h>

#include "levin/levin_cpu.h"

namespace levin {

constexpr int kLinearTypes = 24;

/* Values of an activation block: they share a scale. */
constexpr int kBlock = 32;

/* Blocks that are multiplied together, one per lane; rows are padded to a multiple of them. */
constexpr int kLanes = 8;
constexpr int kSpan = kBlock * kLanes;

/* Activations that stay neighbours whatever their order. */
constexpr int kUnit = 8;
constexpr int kUnits = kBlock / kUnit;

/* Values that share a scale, and their bytes, where activations become tables; see tables.h. */
constexpr int kTableGroup = 128;
constexpr int kTableGroupBytes = 2048;

/* Weight rows of a packed tile. */
constexpr int kTileRows = 16;

/* Lanes of a floating-point product. */
constexpr int kFloatLanes = 16;

/*
 * Where prepared activations, and unpacked codes alike, have the 8-byte units of a span: unit u of block b at
 * byte  b / 4 * fours + b % 4 * block + u / 2 * half + u % 2 * unit.
 * Orders other than the natural one follow how the bytes of an encoding hold several codes each, so that a
 * lane adds up products of one block over several vectors before lanes are summed.
 */
struct Order {
  int fours;
  int block;
  int half;
  int unit;
};

/* Vector i of 32 bytes is block i. */
constexpr Order kByBlock = {128, 32, 16, 8};

/* Vector 2i: the first halves of blocks i and i + 4; 2i + 1: their second halves. */
constexpr Order kByHalf = {16, 64, 32, 8};

/* Vector 2i: units 0 and 2 of blocks i and i + 4; 2i + 1: units 1 and 3. */
constexpr Order kByParity = {16, 64, 8, 32};

/* Vector 4h + u: unit u of blocks 4h to 4h + 3. */
constexpr Order kByUnit = {128, 8, 64, 32};

/* How an encoding divides a row, and what its codes mean: value = scale * (code - zero) + min. */
struct Scheme {
  int32_t dtype;
  int32_t block_values;
  int32_t block_bytes;
  bool integer;    /* multiplied in int8; otherwise in float */
  int32_t zero;    /* code of the value 0 */
  bool half_group; /* scales per 16 values rather than per 32 */
  bool has_min;
  Order order = kByBlock;
  bool words = false; /* tiles of many tokens multiply 16-bit codes with 16-bit activations */
};

/*
 * A prepared integer row, k padded to K = 256 * ceil(k / 256), B = K / 32:
 *   int8  q[K]          every 256 of them in the order of the scheme
 *   float d[B]          x = d * q
 *   T     even[B]       with a min: float d * sum(q), otherwise int32 -zero * sum(q), over the block
 *   T     odd[B]        with half groups only: even covers values 0..15 of the block, odd 16..31
 *   int16 w[K]          with words only: the values of q, in their natural order
 * A prepared float row: float x[K], K padded to 16 values with zeros.
 */
struct LinearCall {
  const uint8_t* weight;
  int64_t row_stride;
  int64_t row_bytes;
  const uint8_t* activations;
  int64_t token_stride;
  const int32_t* rows;
  int64_t tokens;
  int64_t k;
  int64_t n0;
  int64_t n1;
  float* out;
  int64_t out_stride;
  uint8_t* scratch;
};

struct LinearKernel {
  Scheme scheme;
  void (*linear)(const LinearCall& call);
  /* Prepares a row of k values as tables, or null where KernelSet's quantize serves. */
  void (*tabulate)(const float* x, int64_t k, uint8_t* row);
};

/* Keys that share an update of the greatest score. */
constexpr int64_t kKeyBlock = 64;

constexpr int kCacheTypes = 7;

struct AttentionKernel {
  int32_t dtype;
  int64_t block_values;
  int64_t block_bytes;
  void (*attend)(const levin_cpu_attend_args& args);
};

struct KernelSet {
  const char* name;
  /* Prepares one row of k values; padded is the K of its layout. */
  void (*quantize)(const Scheme& scheme, const float* x, int64_t k, int64_t padded, uint8_t* row);
  LinearKernel kernels[kLinearTypes];
  AttentionKernel attention[kCacheTypes];
};

const KernelSet* portable_kernels();
#if defined(__x86_64__)
const KernelSet* avx2_kernels();
const KernelSet* avx512_vnni_256_kernels();
const KernelSet* avx_vnni_kernels();
const KernelSet* avx512_vnni_kernels();
#elif defined(__aarch64__)
const KernelSet* neon_dot_kernels();
#endif

}  // namespace levin

#endif
