// embed, decode_rows: a thread takes its quad's share of a chunk of 32 values. encode_rows: 32 values a thread.
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/rows.h"
#include "quant/encode.cuh"
#include "quant/formats.cuh"

namespace levin {
namespace {

constexpr int kThreads = 128;

// One row: out[i] = scale * source[i], or NaN without a source.
__device__ void decode_row(DType dtype, const uint8_t* source, int64_t work, int64_t size, float scale,
                           bool scaled, uint8_t* to, DType to_dtype) {
  const int64_t chunk = work / kQuad;
  const int quad = static_cast<int>(work % kQuad);
  Codes codes;
  float4 values[2];
  if (source == nullptr) {
    values[0] = values[1] = make_float4(quiet_nan(), quiet_nan(), quiet_nan(), quiet_nan());
  } else {
    with_readable_format(dtype, [&](auto format) {
      using Format = decltype(format);
      Format::decode(source, chunk, quad, size, codes);
      float* flat = reinterpret_cast<float*>(values);
#pragma unroll
      for (int i = 0; i < kCodesPerThread; ++i) {
        float value = codes.value[i];
        if (Format::kScaleGroup != 0) {
          value = codes.scale[i / 4] * value;
        }
        if (Format::kHasOffset) {
          value = value + codes.offset[i / 4];
        }
        flat[i] = scaled ? scale * value : value;
      }
    });
  }
  write_activations4(to, chunk * kChunk + 4 * quad, size, to_dtype, false, values[0]);
  write_activations4(to, chunk * kChunk + kHalfChunk + 4 * quad, size, to_dtype, false, values[1]);
}

struct DecodeParams {
  DecodeRowsParams op;
  int64_t blocks_per_row;
};

__global__ void __launch_bounds__(kThreads) decode_rows_kernel(const __grid_constant__ DecodeParams p) {
  const int64_t r = blockIdx.x / p.blocks_per_row;
  const int64_t work = blockIdx.x % p.blocks_per_row * blockDim.x + threadIdx.x;
  if (work / kQuad * kChunk < p.op.size) {
    decode_row(p.op.dtype, p.op.x.row(r), work, p.op.size, 1.0f, false,
               reinterpret_cast<uint8_t*>(p.op.out.row(r)), DType::kF32);
  }
}

struct LookupParams {
  EmbedParams op;
  int64_t blocks_per_row;
};

__global__ void __launch_bounds__(kThreads) embed_kernel(const __grid_constant__ LookupParams p) {
  const int64_t t = blockIdx.x / p.blocks_per_row;
  const int64_t work = blockIdx.x % p.blocks_per_row * blockDim.x + threadIdx.x;
  if (work / kQuad * kChunk < p.op.size) {
    const int64_t id = p.op.ids[t];
    const uint8_t* row = id >= 0 && id < p.op.vocab ? p.op.table.row(id) : nullptr;
    decode_row(p.op.dtype, row, work, p.op.size, p.op.scale, true, p.op.out.row(t), p.op.out_dtype);
  }
}

struct EncodeParams {
  EncodeRowsParams op;
  int64_t groups_per_row;
};

__global__ void __launch_bounds__(kThreads) encode_rows_kernel(const __grid_constant__ EncodeParams p) {
  const int64_t work = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t r = work / p.groups_per_row;
  const int64_t group = work % p.groups_per_row;
  if (r >= p.op.rows) {
    return;
  }
  const int64_t rest = p.op.size - group * 32;
  const int count = rest < 32 ? static_cast<int>(rest) : 32;
  const float* from = p.op.x.row(r) + group * 32;
  float values[32];
#pragma unroll
  for (int i = 0; i < 32; ++i) {
    values[i] = i < count ? from[i] : 0.0f;
  }
  encode_group(p.op.dtype, values, count, p.op.out.row(r), group);
}

unsigned block_of(int64_t threads) {
  const int64_t rounded = round_up<int64_t>(threads, kWarpSize);
  return static_cast<unsigned>(rounded < kThreads ? rounded : kThreads);
}

}  // namespace

Status embed(const EmbedParams& params, cudaStream_t stream) {
  if (params.tokens == 0 || params.size == 0) {
    return Status::kOk;
  }
  if (!is_readable(params.dtype)) {
    return Status::kUnsupported;
  }
  if (!all_multiples_of(row_alignment(params.dtype), address_of(params.table.data), params.table.stride0)) {
    return Status::kInvalidArgument;
  }
  const int64_t threads = ceil_div<int64_t>(params.size, kChunk) * kQuad;
  LaunchShape shape;
  shape.block = dim3(block_of(threads));
  const int64_t blocks_per_row = ceil_div<int64_t>(threads, shape.block.x);
  shape.grid = dim3(static_cast<unsigned>(blocks_per_row * params.tokens));
  return launch(embed_kernel, shape, stream, LookupParams{params, blocks_per_row});
}

Status decode_rows(const DecodeRowsParams& params, cudaStream_t stream) {
  if (params.rows == 0 || params.size == 0) {
    return Status::kOk;
  }
  if (!is_readable(params.dtype)) {
    return Status::kUnsupported;
  }
  if (!all_multiples_of(row_alignment(params.dtype), address_of(params.x.data), params.x.stride0)) {
    return Status::kInvalidArgument;
  }
  const int64_t threads = ceil_div<int64_t>(params.size, kChunk) * kQuad;
  LaunchShape shape;
  shape.block = dim3(block_of(threads));
  const int64_t blocks_per_row = ceil_div<int64_t>(threads, shape.block.x);
  shape.grid = dim3(static_cast<unsigned>(blocks_per_row * params.rows));
  return launch(decode_rows_kernel, shape, stream, DecodeParams{params, blocks_per_row});
}

Status encode_rows(const EncodeRowsParams& params, cudaStream_t stream) {
  if (params.rows == 0 || params.size == 0) {
    return Status::kOk;
  }
  if (!can_encode(params.dtype)) {
    return Status::kUnsupported;
  }
  if (!all_multiples_of(row_alignment(params.dtype), address_of(params.out.data), params.out.stride0)) {
    return Status::kInvalidArgument;
  }
  const int64_t groups_per_row = ceil_div<int64_t>(params.size, 32);
  LaunchShape shape;
  shape.block = dim3(block_of(groups_per_row * params.rows));
  shape.grid = dim3(static_cast<unsigned>(ceil_div<int64_t>(groups_per_row * params.rows, shape.block.x)));
  return launch(encode_rows_kernel, shape, stream, EncodeParams{params, groups_per_row});
}

}  // namespace levin
