// Products of bytes by bytes against float64, integers to the bit, and rows alone against rows together.
#include <cstring>

#include "common/half.cuh"
#include "gemm/byte_fragments.cuh"
#include "harness.h"
#include "levin/kernels/mixed_linear.h"

using namespace levin;
using namespace levin::test;

namespace {

struct ByteType {
  const char* name;
  WeightCodes codes;
  DType dtype;
  int exponent_bits, mantissa_bits, bias;
};

constexpr ByteType kE4m3{"e4m3", WeightCodes::kE4M3, DType::kF8_E4M3, 4, 3, 7};
constexpr ByteType kE5m2{"e5m2", WeightCodes::kE5M2, DType::kF8_E5M2, 5, 2, 15};
constexpr ByteType kI8{"i8", WeightCodes::kI8, DType::kI8, 0, 0, 0};

double value_of(const ByteType& type, uint8_t code) {
  if (type.exponent_bits == 0) {
    return static_cast<int8_t>(code);
  }
  const int exponent = code >> type.mantissa_bits & ((1 << type.exponent_bits) - 1);
  const int mantissa = code & ((1 << type.mantissa_bits) - 1);
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, 1 - type.bias - type.mantissa_bits)
                    : std::ldexp((1 << type.mantissa_bits) + mantissa, exponent - type.bias - type.mantissa_bits);
  return code & 0x80 ? -magnitude : magnitude;
}

// Any code that is a number; small ones of E5M2, so that no product dwarfs all others.
std::vector<uint8_t> draw(const ByteType& type, size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> codes(count);
  for (uint8_t& code : codes) {
    code = static_cast<uint8_t>(random());
    if (type.codes == WeightCodes::kE4M3 && (code & 0x7f) == 0x7f) code = 1;
    if (type.codes == WeightCodes::kE5M2) code = static_cast<uint8_t>((code & 0xa3) | 0x38 | (code & 4));
  }
  return codes;
}

struct Scaling {
  const char* name;
  int64_t rows, values;  // of a scale of weights
  int64_t x_values;      // of a scale of activations
  bool x_by_tensor;
};

constexpr int64_t kWhole = 1 << 20;
constexpr Scaling kPerTensor{"tensor by tensor", kWhole, kWhole, kWhole, true};
constexpr Scaling kPerRow{"row by token", 1, kWhole, kWhole, false};
constexpr Scaling kPerBlock{"128x128 by 1x128", 128, 128, 128, false};

struct Shape {
  int64_t tokens, n, k;
  int64_t padding;  // bytes between rows
};

class Case {
 public:
  Case(const ByteType& weight, const ByteType& x, const Scaling& scaling, const Shape& shape)
      : name_(std::string(weight.name) + " x " + x.name + ", " + scaling.name +
              " T=" + std::to_string(shape.tokens) + " N=" + std::to_string(shape.n) +
              " K=" + std::to_string(shape.k) + " + " + std::to_string(shape.padding)),
        weight_(weight),
        x_(x),
        scaling_(scaling),
        shape_(shape),
        row_bytes_(shape.k + shape.padding),
        w_codes_(draw(weight, static_cast<size_t>(shape.n * row_bytes_), 3)),
        x_codes_(draw(x, static_cast<size_t>(shape.tokens * row_bytes_), 4)),
        scale_columns_(shape.k == 0 ? 1 : (shape.k + scaling.values - 1) / scaling.values),
        x_scale_columns_(shape.k == 0 ? 1 : (shape.k + scaling.x_values - 1) / scaling.x_values),
        w_scales_(positive(static_cast<size_t>((shape.n + scaling.rows - 1) / scaling.rows * scale_columns_), 5)),
        x_scales_(positive(static_cast<size_t>((scaling.x_by_tensor ? 1 : shape.tokens) * x_scale_columns_), 6)),
        bias_(peaky(static_cast<size_t>(shape.n), 7)),
        w_device_(w_codes_),
        x_device_(x_codes_),
        w_scales_device_(w_scales_),
        x_scales_device_(x_scales_),
        bias_device_(bias_) {}

  void check() const {
    const std::vector<float> got = run(0, shape_.tokens);
    if (got.empty()) {
      return;
    }
    if (weight_.codes == WeightCodes::kI8) {
      check_same_bits(name_, got, integer_results());
    } else {
      check_float64(got);
    }
    for (int64_t first = 0; first < shape_.tokens && shape_.tokens > 1; first += 5) {
      const int64_t count = first + 3 < shape_.tokens ? 3 : shape_.tokens - first;
      const std::vector<float> want(got.begin() + first * shape_.n, got.begin() + (first + count) * shape_.n);
      check_same_bits(name_ + ", rows from " + std::to_string(first) + " alone", run(first, count), want);
    }
  }

 private:
  static std::vector<float> positive(size_t count, uint32_t seed) {
    std::vector<float> values = peaky(count, seed);
    for (float& value : values) {
      value = 0.25f + std::fabs(value);
    }
    return values;
  }

  float w_scale(int64_t n, int64_t k) const {
    return w_scales_[static_cast<size_t>(n / scaling_.rows * scale_columns_ + k / scaling_.values)];
  }
  float x_scale(int64_t t, int64_t k) const {
    return x_scales_[static_cast<size_t>((scaling_.x_by_tensor ? 0 : t) * x_scale_columns_ +
                                         k / scaling_.x_values)];
  }

  std::vector<float> run(int64_t first, int64_t count) const {
    const Device<float> out(std::vector<float>(static_cast<size_t>(count * shape_.n), NAN));
    MixedLinearParams p = {};
    const int64_t x_scale_stride = scaling_.x_by_tensor ? 0 : x_scale_columns_ * 4;
    p.x = {x_device_.get() + first * row_bytes_, row_bytes_};
    p.x_scale = {{offset_bytes<const float>(x_scales_device_.get(), first * x_scale_stride), x_scale_stride},
                 scaling_.x_values};
    p.weight = {w_device_.get(), row_bytes_};
    p.scales = {{reinterpret_cast<const uint8_t*>(w_scales_device_.get()), scale_columns_ * 4},
                {nullptr, 0},
                scaling_.rows,
                scaling_.values,
                DType::kF32,
                false};
    p.bias = bias_device_.get();
    p.out = {reinterpret_cast<uint8_t*>(out.get()), shape_.n * 4};
    p.tokens = count;
    p.n = shape_.n;
    p.k = shape_.k;
    p.codes = weight_.codes;
    p.x_dtype = x_.dtype;
    p.out_dtype = DType::kF32;
    return finished(mixed_linear(p, nullptr), name_) ? out.read() : std::vector<float>();
  }

  std::vector<float> integer_results() const {
    std::vector<float> want;
    for (int64_t t = 0; t < shape_.tokens; ++t) {
      for (int64_t n = 0; n < shape_.n; ++n) {
        int64_t sum = 0;
        for (int64_t k = 0; k < shape_.k; ++k) {
          sum += static_cast<int8_t>(w_codes_[static_cast<size_t>(n * row_bytes_ + k)]) *
                 static_cast<int8_t>(x_codes_[static_cast<size_t>(t * row_bytes_ + k)]);
        }
        const float scaled = w_scale(n, 0) * static_cast<float>(sum);
        want.push_back(scaled * x_scale(t, 0) + bias_[static_cast<size_t>(n)]);
      }
    }
    return want;
  }

  void check_float64(const std::vector<float>& got) const {
    std::vector<double> want;
    double unit = 0;
    for (int64_t t = 0; t < shape_.tokens; ++t) {
      for (int64_t n = 0; n < shape_.n; ++n) {
        double sum = 0;
        for (int64_t k = 0; k < shape_.k; ++k) {
          const double product = value_of(weight_, w_codes_[static_cast<size_t>(n * row_bytes_ + k)]) *
                                 value_of(x_, x_codes_[static_cast<size_t>(t * row_bytes_ + k)]) *
                                 static_cast<double>(w_scale(n, k)) * static_cast<double>(x_scale(t, k));
          sum += product;
          unit = std::fmax(unit, std::fabs(product));
        }
        want.push_back(sum + static_cast<double>(bias_[static_cast<size_t>(n)]));
      }
    }
    check_close(name_, got, want, unit * 1e-5, 1e-5);
  }

  std::string name_;
  ByteType weight_, x_;
  Scaling scaling_;
  Shape shape_;
  int64_t row_bytes_;
  std::vector<uint8_t> w_codes_, x_codes_;
  int64_t scale_columns_, x_scale_columns_;
  std::vector<float> w_scales_, x_scales_, bias_;
  Device<uint8_t> w_device_, x_device_;
  Device<float> w_scales_device_, x_scales_device_, bias_device_;
};

// What runs before sm_89 instead of FP8 instructions.
void check_halves() {
  for (int code = 0; code < 256; ++code) {
    const uint32_t bytes = static_cast<uint32_t>(code) << 24 | 0x00380000u;
    const float e4m3 = f16_to_float(halves_of_e4m3(bytes, 1) >> 16);
    const float e5m2 = f16_to_float(halves_of_e5m2(bytes, 1) >> 16);
    const bool nan_e4m3 = (code & 0x7f) == 0x7f;
    if (nan_e4m3 ? !std::isnan(e4m3) : e4m3 != value_of(kE4m3, static_cast<uint8_t>(code))) {
      fail("E4M3 code " + std::to_string(code) + " as f16 is " + std::to_string(e4m3));
    }
    if ((code & 0x7c) == 0x7c ? std::isfinite(e5m2) : e5m2 != value_of(kE5m2, static_cast<uint8_t>(code))) {
      fail("E5M2 code " + std::to_string(code) + " as f16 is " + std::to_string(e5m2));
    }
  }
}

}  // namespace

int main() {
  check_halves();
  // Rows at multiples of 16 bytes, which wgmma takes, and others; its larger tile from 65 tokens on.
  const Shape shapes[] = {
      {1, 37, 384, 0}, {8, 130, 144, 0}, {9, 37, 300, 0}, {67, 130, 272, 0}, {70, 37, 1100, 12}};
  const ByteType kinds[] = {kE4m3, kE5m2};
  for (const Shape& shape : shapes) {
    for (const Scaling& scaling : {kPerTensor, kPerRow, kPerBlock}) {
      for (const ByteType& weight : kinds) {
        for (const ByteType& x : kinds) {
          Case(weight, x, scaling, shape).check();
        }
      }
    }
    Case(kI8, kI8, kPerRow, shape).check();
    Case(kI8, kI8, kPerTensor, shape).check();
  }
  Case(kI8, kI8, kPerRow, {3, 5, 0, 16}).check();
  Case(kE4m3, kE4m3, kPerRow, {3, 5, 0, 16}).check();
  std::printf("byte_linear_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
