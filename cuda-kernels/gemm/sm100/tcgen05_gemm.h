// Products by tcgen05 and tensor memory: F16 by F16 and BF16 by BF16. Host and device.
#pragma once

#include "gemm/gemm.h"

namespace levin {

// Whether a product of x_dtype with weights of the same type, F16 or BF16, is one of these: on sm_100, dense, K
// not 0, rows of both operands at multiples of 16 bytes.
bool is_tcgen05_product(DType weight, const GemmParams& params);

Status launch_tcgen05_gemm(DType weight, const GemmParams& params, cudaStream_t stream);

}  // namespace levin
