// Products with scales apart from codes and activations of all types, against float64.
#include <cstring>

#include "harness.h"
#include "levin/kernels/mixed_linear.h"

using namespace levin;
using namespace levin::test;

namespace {

struct CodeFormat {
  const char* name;
  WeightCodes codes;
  int bytes_per_chunk;
};

constexpr CodeFormat kFormats[] = {
    {"e4m3", WeightCodes::kE4M3, 32}, {"e5m2", WeightCodes::kE5M2, 32}, {"i8", WeightCodes::kI8, 32},
    {"u4", WeightCodes::kU4, 16},     {"e2m1", WeightCodes::kE2M1, 16}, {"e3m2", WeightCodes::kE3M2, 24},
    {"e2m3", WeightCodes::kE2M3, 24},
};

// A small float by its definition.
double small_float(int code, int exponent_bits, int mantissa_bits, int bias) {
  const int exponent = code >> mantissa_bits & ((1 << exponent_bits) - 1);
  const int mantissa = code & ((1 << mantissa_bits) - 1);
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, 1 - bias - mantissa_bits)
                                         : std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
  return code >> (exponent_bits + mantissa_bits) & 1 ? -magnitude : magnitude;
}

double value_of(WeightCodes codes, const uint8_t* row, int64_t i) {
  const uint8_t* block16 = row + i / 32 * 16;
  const uint8_t* block24 = row + i / 32 * 24;
  const int in = static_cast<int>(i % 32);
  switch (codes) {
    case WeightCodes::kE4M3:
      return small_float(row[i], 4, 3, 7);
    case WeightCodes::kE5M2:
      return small_float(row[i], 5, 2, 15);
    case WeightCodes::kI8:
      return static_cast<int8_t>(row[i]);
    case WeightCodes::kU4:
      return block16[in % 16] >> (in / 16 * 4) & 15;
    case WeightCodes::kE2M1:
      return small_float(block16[in % 16] >> (in / 16 * 4) & 15, 2, 1, 1);
    default:
      break;
  }
  const int code = (block24[in % 16] >> (in / 16 * 4) & 15) | (block24[16 + in / 4] >> (in % 4 * 2) & 3) << 4;
  return codes == WeightCodes::kE3M2 ? small_float(code, 3, 2, 3) : small_float(code, 2, 3, 1);
}

uint16_t bf16_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

double of_bf16(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

struct Granularity {
  int64_t rows, values;
  DType dtype;
  bool e8m0, zeros;
};

void check(const CodeFormat& format, const Granularity& g, DType x_dtype, DType out_dtype, int64_t tokens) {
  const int64_t n = 37, k = 384;
  const std::string name = std::string("mixed_linear ") + format.name + " x " + std::to_string(static_cast<int>(x_dtype)) +
                           " out " + std::to_string(static_cast<int>(out_dtype)) + " scales of " +
                           std::to_string(g.rows) + "x" + std::to_string(g.values) + " T=" + std::to_string(tokens);
  std::mt19937 random(17);
  const int64_t row_bytes = k / 32 * format.bytes_per_chunk;
  std::vector<uint8_t> codes(static_cast<size_t>(n * row_bytes));
  for (uint8_t& byte : codes) {
    byte = static_cast<uint8_t>(random());
    // Neither NaN nor infinity.
    if (format.codes == WeightCodes::kE4M3 && (byte & 0x7f) == 0x7f) byte = 1;
    if (format.codes == WeightCodes::kE5M2 && (byte & 0x7c) == 0x7c) byte = 1;
  }
  const int64_t scale_rows = (n + g.rows - 1) / g.rows, scale_columns = (k + g.values - 1) / g.values;
  const int64_t scale_bytes = g.e8m0 ? 1 : g.dtype == DType::kF32 ? 4 : 2;
  std::vector<uint8_t> scales(static_cast<size_t>(scale_rows * scale_columns * scale_bytes));
  std::vector<uint8_t> zeros(static_cast<size_t>(scale_rows * scale_columns));
  std::vector<double> scale_values;
  for (int64_t i = 0; i < scale_rows * scale_columns; ++i) {
    const float value = 0.01f + 0.001f * static_cast<float>(random() % 100);
    zeros[i] = static_cast<uint8_t>(random() % 16);
    if (g.e8m0) {
      scales[i] = static_cast<uint8_t>(120 + random() % 10);
      scale_values.push_back(std::ldexp(1.0, scales[i] - 127));
    } else if (g.dtype == DType::kF32) {
      std::memcpy(&scales[i * 4], &value, 4);
      scale_values.push_back(value);
    } else {
      const uint16_t bits = bf16_bits(value);
      std::memcpy(&scales[i * 2], &bits, 2);
      scale_values.push_back(of_bf16(bits));
    }
  }
  const std::vector<float> x = peaky(static_cast<size_t>(tokens * k), 5);
  std::vector<uint8_t> x_bytes;
  std::vector<double> x_values;
  for (float value : x) {
    if (x_dtype == DType::kF32) {
      x_bytes.insert(x_bytes.end(), reinterpret_cast<const uint8_t*>(&value), reinterpret_cast<const uint8_t*>(&value) + 4);
      x_values.push_back(value);
    } else if (x_dtype == DType::kBF16) {
      const uint16_t bits = bf16_bits(value);
      x_bytes.push_back(static_cast<uint8_t>(bits));
      x_bytes.push_back(static_cast<uint8_t>(bits >> 8));
      x_values.push_back(of_bf16(bits));
    } else {
      const int8_t byte = static_cast<int8_t>(std::fmax(-127, std::fmin(127, value * 20)));
      x_bytes.push_back(static_cast<uint8_t>(byte));
      x_values.push_back(byte);
    }
  }
  const int64_t x_element = x_dtype == DType::kF32 ? 4 : x_dtype == DType::kBF16 ? 2 : 1;
  const int64_t out_element = out_dtype == DType::kF32 ? 4 : 2;
  const std::vector<float> x_scale = peaky(static_cast<size_t>(tokens), 6), bias = peaky(static_cast<size_t>(n), 8);
  const Device<uint8_t> codes_device(codes), scales_device(scales), zeros_device(zeros), x_device(x_bytes);
  const Device<float> x_scale_device(x_scale), bias_device(bias);
  const Device<uint8_t> out(static_cast<size_t>(tokens * n * out_element));
  MixedLinearParams p = {};
  p.x = {x_device.get(), k * x_element};
  p.x_scale = x_dtype == DType::kI8 ? x_scale_device.get() : nullptr;
  p.weight = {codes_device.get(), row_bytes};
  p.scales = {{scales_device.get(), scale_columns * scale_bytes},
              {g.zeros ? zeros_device.get() : nullptr, scale_columns},
              g.rows, g.values, g.dtype, g.e8m0};
  p.bias = bias_device.get();
  p.out = {out.get(), n * out_element};
  p.tokens = tokens;
  p.n = n;
  p.k = k;
  p.codes = format.codes;
  p.x_dtype = x_dtype;
  p.out_dtype = out_dtype;
  if (!finished(mixed_linear(p, nullptr), name)) {
    return;
  }
  const std::vector<uint8_t> bytes = out.read();
  std::vector<float> got;
  std::vector<double> want;
  double unit = 0;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t r = 0; r < n; ++r) {
      double sum = 0;
      for (int64_t i = 0; i < k; ++i) {
        const int64_t s = r / g.rows * scale_columns + i / g.values;
        const double code = value_of(format.codes, &codes[r * row_bytes], i) - (g.zeros ? zeros[s] : 0);
        const double product = scale_values[s] * code * x_values[t * k + i];
        sum += product;
        unit = std::fmax(unit, std::fabs(product));
      }
      want.push_back(sum * (p.x_scale == nullptr ? 1 : x_scale[t]) + bias[r]);
      const size_t at = static_cast<size_t>(t * n + r);
      float value;
      if (out_dtype == DType::kF32) {
        std::memcpy(&value, &bytes[at * 4], 4);
      } else {
        uint16_t bits;
        std::memcpy(&bits, &bytes[at * 2], 2);
        value = static_cast<float>(of_bf16(bits));
      }
      got.push_back(value);
    }
  }
  check_close(name, got, want, unit * 1e-4, out_dtype == DType::kF32 ? 1e-4 : 8e-3);
}

}  // namespace

int main() {
  const Granularity per_tensor{1 << 20, 1 << 20, DType::kF32, false, false};
  const Granularity per_row{1, 1 << 20, DType::kBF16, false, false};
  const Granularity blocks{16, 128, DType::kF32, false, false};
  const Granularity groups{1, 64, DType::kBF16, false, false};
  const Granularity zeros{1, 128, DType::kBF16, false, true};
  const Granularity microscaled{1, 32, DType::kF32, true, false};
  for (const CodeFormat& format : kFormats) {
    check(format, per_tensor, DType::kF32, DType::kF32, 3);
    check(format, per_row, DType::kI8, DType::kF32, 5);
    check(format, blocks, DType::kBF16, DType::kBF16, 20);
    check(format, groups, DType::kF32, DType::kF32, 9);
    check(format, microscaled, DType::kBF16, DType::kF32, 2);
  }
  check(kFormats[3], zeros, DType::kF32, DType::kF32, 17);
  check(kFormats[2], zeros, DType::kF32, DType::kBF16, 2);
  std::printf("mixed_linear_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
