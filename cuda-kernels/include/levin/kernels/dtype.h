// Encodings of elements and blocks: ids of GGUF; from 100 on, those that GGUF lacks. Layouts of blocks
// are specified by dev.levin.core.DType and mirrored in cuda-kernels/quant/.
#pragma once

#include <cstdint>

namespace levin {

enum class DType : int32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kIQ2_XXS = 16,
  kIQ2_XS = 17,
  kIQ3_XXS = 18,
  kIQ1_S = 19,
  kIQ4_NL = 20,
  kIQ3_S = 21,
  kIQ2_S = 22,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1_M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kI2_S = 36,
  kMXFP4 = 39,
  kNVFP4 = 40,
  kF8_E4M3 = 100,
  kF8_E5M2 = 101,
  kU8 = 102,
};

// What addresses of rows are multiples of, in bytes; launchers refuse others.
constexpr int64_t row_alignment(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64:
      return 8;
    case DType::kF32:
    case DType::kI32:
    case DType::kQ4_1:
    case DType::kQ5_1:
    case DType::kQ2_K:
    case DType::kQ4_K:
    case DType::kQ5_K:
    case DType::kIQ1_M:
    case DType::kIQ4_XS:
    case DType::kNVFP4:
      return 4;
    case DType::kF8_E4M3:
    case DType::kF8_E5M2:
    case DType::kU8:
    case DType::kI8:
    case DType::kMXFP4:
      return 1;
    default:
      return 2;
  }
}

// Everything that decodes to numbers and is no activation format.
constexpr bool is_readable(DType dtype) {
  switch (dtype) {
    case DType::kQ8_1:
    case DType::kQ8_K:
      return false;
    default:
      return true;
  }
}

// What activations are stored as, all of an op alike; zero-initialised parameters say F32.
constexpr bool is_activation_type(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

// What products take: readable, and neither F64 nor an integer.
constexpr bool is_weight(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kU8:
    case DType::kI8:
    case DType::kI16:
    case DType::kI32:
    case DType::kI64:
      return false;
    default:
      return is_readable(dtype);
  }
}

}  // namespace levin
