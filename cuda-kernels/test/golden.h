// Encoded rows and their values, java/testkit/golden/quants.
#pragma once

#include <cstring>
#include <fstream>

#include "harness.h"
#include "levin/kernels/dtype.h"

namespace levin::test {

struct Encoded {
  const char* name;
  DType dtype;
  int block_values, block_bytes;
};

inline constexpr Encoded kEncoded[] = {
    {"BF16", DType::kBF16, 1, 2},          {"Q4_0", DType::kQ4_0, 32, 18},       {"Q4_1", DType::kQ4_1, 32, 20},
    {"Q5_0", DType::kQ5_0, 32, 22},        {"Q5_1", DType::kQ5_1, 32, 24},       {"Q8_0", DType::kQ8_0, 32, 34},
    {"Q2_K", DType::kQ2_K, 256, 84},       {"Q3_K", DType::kQ3_K, 256, 110},     {"Q4_K", DType::kQ4_K, 256, 144},
    {"Q5_K", DType::kQ5_K, 256, 176},      {"Q6_K", DType::kQ6_K, 256, 210},     {"IQ1_S", DType::kIQ1_S, 256, 50},
    {"IQ1_M", DType::kIQ1_M, 256, 56},     {"IQ2_XXS", DType::kIQ2_XXS, 256, 66}, {"IQ2_XS", DType::kIQ2_XS, 256, 74},
    {"IQ2_S", DType::kIQ2_S, 256, 82},     {"IQ3_XXS", DType::kIQ3_XXS, 256, 98}, {"IQ3_S", DType::kIQ3_S, 256, 110},
    {"IQ4_NL", DType::kIQ4_NL, 32, 18},    {"IQ4_XS", DType::kIQ4_XS, 256, 136}, {"TQ1_0", DType::kTQ1_0, 256, 54},
    {"TQ2_0", DType::kTQ2_0, 256, 66},     {"MXFP4", DType::kMXFP4, 32, 17},     {"NVFP4", DType::kNVFP4, 64, 36},
};

template <typename T>
std::vector<T> read_golden(const std::string& folder, const std::string& file) {
  std::ifstream in(folder + "/" + file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace levin::test
