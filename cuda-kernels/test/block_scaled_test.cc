// Block-scaled products against float64, by the instruction and by widened values, and the encoder by its
// definition.
#include "gemm/blocks/block_scaled.cuh"

#include <cstring>

#include "harness.h"

using namespace levin;
using namespace levin::test;

namespace {

constexpr const char* kNames[] = {"mxfp8", "mxfp4", "nvfp4"};

double small_float(int code, int exponent_bits, int mantissa_bits, int bias) {
  const int exponent = code >> mantissa_bits & ((1 << exponent_bits) - 1);
  const int mantissa = code & ((1 << mantissa_bits) - 1);
  const double magnitude = exponent == 0
                               ? std::ldexp(mantissa, 1 - bias - mantissa_bits)
                               : std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
  return code >> (exponent_bits + mantissa_bits) & 1 ? -magnitude : magnitude;
}

// A matrix as the device quantised it.
struct Quantised {
  BlockFormat format;
  int64_t rows, k;
  std::vector<uint8_t> codes, scales;

  double scale(int64_t row, int64_t i) const {
    const int64_t block = block_values(format);
    const int byte = scales[static_cast<size_t>(row * (k / block) + i / block)];
    return format == BlockFormat::kNVFP4 ? small_float(byte & 0x7f, 4, 3, 7) : std::ldexp(1.0, byte - 127);
  }
  double code(int64_t row, int64_t i) const {
    if (format == BlockFormat::kMXFP8) {
      return small_float(codes[static_cast<size_t>(row * k + i)], 4, 3, 7);
    }
    return small_float(codes[static_cast<size_t>((row * k + i) / 2)] >> (i % 2 * 4) & 15, 2, 1, 1);
  }
};

Quantised quantise(BlockFormat format, const std::vector<float>& values, int64_t rows, int64_t k, float scale) {
  const Device<float> x(values);
  const size_t row_bytes = static_cast<size_t>(block_row_bytes(format, k));
  const size_t row_scales = static_cast<size_t>(k / block_values(format));
  const Device<uint8_t> codes(static_cast<size_t>(rows) * row_bytes),
      scales(static_cast<size_t>(rows) * row_scales);
  QuantizeBlocksParams p = {};
  p.x = {reinterpret_cast<const uint8_t*>(x.get()), k * 4};
  p.out = {{codes.get(), static_cast<int64_t>(row_bytes)}, {scales.get(), static_cast<int64_t>(row_scales)}};
  p.tokens = rows;
  p.k = k;
  p.scale = scale;
  p.format = format;
  p.x_dtype = DType::kF32;
  finished(quantize_blocks(p, nullptr), "quantize_blocks");
  return {format, rows, k, codes.read(), scales.read()};
}

// The largest value of the format, and what its exponent is.
double largest_code(BlockFormat format) { return format == BlockFormat::kMXFP8 ? 448 : 6; }

// Every code is a nearest one to x / (scale of block), and scales are as the header says.
void check_encoder(BlockFormat format) {
  const int64_t rows = 5, k = 96;
  const float scale = format == BlockFormat::kNVFP4 ? 0.0078125f : 1.0f;
  std::vector<float> x = peaky(static_cast<size_t>(rows * k), 21);
  std::fill(x.begin(), x.begin() + 32, 0.0f);
  const Quantised q = quantise(format, x, rows, k, scale);
  const int64_t block = block_values(format);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t first = 0; first < k; first += block) {
      double largest = 0;
      for (int64_t i = first; i < first + block; ++i) {
        largest = std::fmax(largest, std::fabs(static_cast<double>(x[static_cast<size_t>(row * k + i)])) / scale);
      }
      const double found = q.scale(row, first);
      if (format == BlockFormat::kNVFP4) {
        if (std::fabs(found - largest / 6) > largest / 6 / 16 + 0x1p-10) {
          fail(std::string(kNames[2]) + ": scale " + std::to_string(found) + " of " + std::to_string(largest));
        }
      } else if (largest != 0 && found != std::exp2(std::floor(std::log2(largest)) -
                                                    (block == 32 && largest_code(format) > 6 ? 8 : 2))) {
        fail(std::string(kNames[static_cast<int>(format)]) + ": scale " + std::to_string(found) + " of " +
             std::to_string(largest));
      }
      for (int64_t i = first; i < first + block; ++i) {
        const double want =
            found == 0 ? 0 : static_cast<double>(x[static_cast<size_t>(row * k + i)]) / scale / found;
        const double got = q.code(row, i);
        const double step = format == BlockFormat::kMXFP8
                                ? std::exp2(std::fmax(std::floor(std::log2(std::fabs(want) + 1e-30)), -6.0) - 3)
                                : std::exp2(std::fmax(std::floor(std::log2(std::fabs(want) + 1e-30)), 0.0) - 1);
        const bool saturated = std::fabs(want) > largest_code(format) && std::fabs(got) == largest_code(format);
        if (!saturated && std::fabs(got - want) > step / 2 * 1.000001) {
          fail(std::string(kNames[static_cast<int>(format)]) + ": code " + std::to_string(got) + " for " +
               std::to_string(want));
        }
      }
    }
  }
}

void check_not_finite(BlockFormat format) {
  std::vector<float> x(64, 1.0f);
  x[3] = NAN;
  x[32] = -INFINITY;
  const Quantised q = quantise(format, x, 1, 64, 1.0f);
  const uint8_t nan = format == BlockFormat::kNVFP4 ? 0x7f : 0xff;
  const size_t second = static_cast<size_t>(32 / block_values(format));
  if (q.scales[0] != nan || q.scales[second] != nan) {
    fail(std::string(kNames[static_cast<int>(format)]) + ": a block that is not finite needs a scale of NaN");
  }
}

struct Shape {
  int64_t tokens, n, k;
};

Status launch(BlockFormat format, bool widen, const BlockScaledLinearParams& p) {
  if (!widen) {
    return block_scaled_linear(p, nullptr);
  }
  switch (format) {
    case BlockFormat::kMXFP8:
      return launch_block_scaled<Mxfp8Blocks, true>(p, nullptr);
    case BlockFormat::kMXFP4:
      return launch_block_scaled<Mxfp4Blocks, true>(p, nullptr);
    default:
      return launch_block_scaled<Nvfp4Blocks, true>(p, nullptr);
  }
}

void check_product(BlockFormat format, bool widen, const Shape& s) {
  const std::string name = std::string(kNames[static_cast<int>(format)]) + (widen ? " widened" : "") +
                           " T=" + std::to_string(s.tokens) + " N=" + std::to_string(s.n) +
                           " K=" + std::to_string(s.k);
  const Quantised x = quantise(format, peaky(static_cast<size_t>(s.tokens * s.k), 31), s.tokens, s.k, 1.0f);
  const Quantised w = quantise(format, peaky(static_cast<size_t>(s.n * s.k), 32), s.n, s.k, 1.0f);
  const std::vector<float> bias = peaky(static_cast<size_t>(s.n), 33);
  const Device<uint8_t> x_codes(x.codes), x_scales(x.scales), w_codes(w.codes), w_scales(w.scales);
  const Device<float> bias_device(bias);
  const int64_t row_bytes = block_row_bytes(format, s.k);
  const int64_t row_scales = s.k / block_values(format);
  const auto run = [&](int64_t first, int64_t count) {
    const Device<float> out(std::vector<float>(static_cast<size_t>(count * s.n), NAN));
    BlockScaledLinearParams p = {};
    p.x = {{x_codes.get() + first * row_bytes, row_bytes}, {x_scales.get() + first * row_scales, row_scales}};
    p.weight = {{w_codes.get(), row_bytes}, {w_scales.get(), row_scales}};
    p.bias = bias_device.get();
    p.out = {reinterpret_cast<uint8_t*>(out.get()), s.n * 4};
    p.tokens = count;
    p.n = s.n;
    p.k = s.k;
    p.scale = 0.25f;
    p.format = format;
    p.out_dtype = DType::kF32;
    return finished(launch(format, widen, p), name) ? out.read() : std::vector<float>();
  };
  const std::vector<float> got = run(0, s.tokens);
  if (got.empty()) {
    return;
  }
  std::vector<double> want;
  double unit = 0;
  for (int64_t t = 0; t < s.tokens; ++t) {
    for (int64_t n = 0; n < s.n; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < s.k; ++k) {
        const double product = x.code(t, k) * x.scale(t, k) * w.code(n, k) * w.scale(n, k);
        sum += product;
        unit = std::fmax(unit, std::fabs(product));
      }
      want.push_back(0.25 * sum + static_cast<double>(bias[static_cast<size_t>(n)]));
    }
  }
  check_close(name, got, want, unit * 1e-5, 1e-5);
  const int64_t last = s.tokens - 1;
  check_same_bits(name + ", its last row alone", run(last, 1),
                  std::vector<float>(got.begin() + last * s.n, got.end()));
}

}  // namespace

int main() {
  for (const BlockFormat format : {BlockFormat::kMXFP8, BlockFormat::kMXFP4, BlockFormat::kNVFP4}) {
    check_encoder(format);
    check_not_finite(format);
    for (const bool widen : {false, true}) {
      // Scales in words and not, stages that end early, tiles beyond either side.
      for (const Shape& shape : {Shape{1, 37, 32}, Shape{9, 65, 288}, Shape{70, 64, 512}}) {
        check_product(format, widen, shape);
      }
    }
  }
  std::printf("block_scaled_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
