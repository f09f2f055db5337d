// Products by wgmma and TMA: F16 by F16, BF16 by BF16, E4M3 by E4M3. Host and device.
#pragma once

#include "gemm/gemm.h"

namespace levin {

// Whether a product of x_dtype with weights of the same type, F16, BF16 or F8_E4M3, is one of these: on sm_90,
// dense, K not 0, rows of both operands at multiples of 16 bytes, and of E4M3 weights a scale for a multiple of
// 128 values.
bool is_wgmma_product(DType weight, const GemmParams& params);

Status launch_wgmma_gemm(DType weight, const GemmParams& params, cudaStream_t stream);

}  // namespace levin
