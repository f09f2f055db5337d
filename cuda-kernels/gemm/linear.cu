// linear: the product kernel over tiles of tokens, one plane of weights a head.
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "gemm/gemm.h"
#include "levin/kernels/linear.h"
#include "tiles/gemm_tiles.h"

namespace levin {

Status linear(const LinearParams& params, cudaStream_t stream) {
  if (!is_weight(params.dtype) || !is_activation_type(params.x_dtype) || !is_activation_type(params.out_dtype)) {
    return Status::kUnsupported;
  }
  if (params.tokens == 0 || params.heads == 0 || params.n == 0) {
    return Status::kOk;
  }
  if (!all_multiples_of(row_alignment(params.dtype), address_of(params.weight.data), params.weight.stride0,
                        params.weight.stride1)) {
    return Status::kInvalidArgument;
  }
  const int tile_columns = gemm_tile_columns(params.tokens);
  GemmParams p = {};
  p.weight = params.weight;
  p.x = params.x;
  p.out = params.out;
  p.bias = {params.bias, 0};
  p.residual = params.residual;
  p.columns = params.tokens;
  p.inner = params.heads;
  p.planes = params.heads;
  p.n = params.n;
  p.k = params.k;
  p.num_tiles = ceil_div<int64_t>(params.tokens, tile_columns) * params.heads;
  p.scale = params.scale;
  p.x_dtype = params.x_dtype;
  p.out_dtype = params.out_dtype;
  return launch_gemm(params.dtype, p, tile_columns, stream);
}

}  // namespace levin
