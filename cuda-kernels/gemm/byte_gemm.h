// Products of bytes by bytes on the tensor cores' 8-bit paths; see MixedLinearParams. Host and device.
#pragma once

#include "gemm/gemm.h"
#include "levin/kernels/mixed_linear.h"

namespace levin {

// Sums of integers stay below 2^31.
constexpr int64_t kMaxIntegerK = 131071;

// Whether a product is one of bytes: a matter of types and scales alone.
bool is_byte_product(const MixedLinearParams& params);

// Weight codes by x_dtype, of which is_byte_product says yes.
Status launch_byte_gemm(WeightCodes codes, const GemmParams& params, cudaStream_t stream);

}  // namespace levin
