// Products by tcgen05: which there are, and their launch.
#include "common/device.h"
#include "gemm/sm100/tcgen05_gemm.cuh"

namespace levin {

bool is_tcgen05_product(DType weight, const GemmParams& p) {
  const bool type = weight == DType::kBF16 || weight == DType::kF16;
  const bool dense = p.tiles == nullptr && !p.by_expert && p.planes == 1;
  return type && p.x_dtype == weight && dense && p.k > 0 && runs_sm100a() &&
         maps_as_tensor(p.weight.data, p.weight.stride1) && maps_as_tensor(p.x.data, p.x.stride0);
}

Status launch_tcgen05_gemm(DType weight, const GemmParams& params, cudaStream_t stream) {
  TensorLaunch p;
  p.op = params;
  p.row_blocks = static_cast<uint32_t>(ceil_div<int64_t>(params.n, kTensorRows));
  const Tcgen05Type type = weight == DType::kBF16 ? Tcgen05Type::kBf16 : Tcgen05Type::kF16;
  p.product = tcgen05_product(type, kTensorRows, kTensorColumns);
  p.stage_values = kSwizzleBytes / 2;
  const Status status = encode_operands(params, weight, kTensorRows, kTensorColumns, &p.operands);
  if (status != Status::kOk) {
    return status;
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_blocks * ceil_div<int64_t>(params.columns, kTensorColumns)));
  shape.block = dim3(kTensorThreads);
  shape.dynamic_shared_bytes = sizeof(TensorShared);
  return launch(tcgen05_gemm_kernel<kTensorThreads>, shape, stream, p);
}

}  // namespace levin
