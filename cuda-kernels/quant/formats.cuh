// All formats, and the choice of one by its DType.
#pragma once

#include "levin/kernels/dtype.h"
#include "quant/iq.cuh"
#include "quant/k.cuh"
#include "quant/legacy.cuh"
#include "quant/plain.cuh"
#include "quant/small.cuh"

namespace levin {

// Calls use(Format{}) for a format that weights may have; false for other DTypes.
template <typename Use>
__device__ inline bool with_weight_format(DType dtype, Use&& use) {
  switch (dtype) {
    case DType::kF32: use(F32{}); return true;
    case DType::kF16: use(F16{}); return true;
    case DType::kBF16: use(BF16{}); return true;
    case DType::kF8_E4M3: use(F8_E4M3{}); return true;
    case DType::kF8_E5M2: use(F8_E5M2{}); return true;
    case DType::kQ4_0: use(Q4_0{}); return true;
    case DType::kQ4_1: use(Q4_1{}); return true;
    case DType::kQ5_0: use(Q5_0{}); return true;
    case DType::kQ5_1: use(Q5_1{}); return true;
    case DType::kQ8_0: use(Q8_0{}); return true;
    case DType::kQ2_K: use(Q2_K{}); return true;
    case DType::kQ3_K: use(Q3_K{}); return true;
    case DType::kQ4_K: use(Q4_K{}); return true;
    case DType::kQ5_K: use(Q5_K{}); return true;
    case DType::kQ6_K: use(Q6_K{}); return true;
    case DType::kIQ1_S: use(IQ1_S{}); return true;
    case DType::kIQ1_M: use(IQ1_M{}); return true;
    case DType::kIQ2_XXS: use(IQ2_XXS{}); return true;
    case DType::kIQ2_XS: use(IQ2_XS{}); return true;
    case DType::kIQ2_S: use(IQ2_S{}); return true;
    case DType::kIQ3_XXS: use(IQ3_XXS{}); return true;
    case DType::kIQ3_S: use(IQ3_S{}); return true;
    case DType::kIQ4_NL: use(IQ4_NL{}); return true;
    case DType::kIQ4_XS: use(IQ4_XS{}); return true;
    case DType::kTQ1_0: use(TQ1_0{}); return true;
    case DType::kTQ2_0: use(TQ2_0{}); return true;
    case DType::kI2_S: use(I2_S{}); return true;
    case DType::kMXFP4: use(MXFP4{}); return true;
    case DType::kNVFP4: use(NVFP4{}); return true;
    default: return false;
  }
}

// The same for every DType that reads as numbers, activation formats left out.
template <typename Use>
__device__ inline bool with_readable_format(DType dtype, Use&& use) {
  switch (dtype) {
    case DType::kF64: use(F64{}); return true;
    case DType::kU8: use(U8{}); return true;
    case DType::kI8: use(I8{}); return true;
    case DType::kI16: use(I16{}); return true;
    case DType::kI32: use(I32{}); return true;
    case DType::kI64: use(I64{}); return true;
    default: return with_weight_format(dtype, use);
  }
}

}  // namespace levin
