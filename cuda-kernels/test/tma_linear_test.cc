// Products of 16-bit types over TMA, by wgmma and by tcgen05, against float64, and rows alone against rows
// together.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstring>

#include "gemm/sm100/tcgen05_gemm.h"
#include "gemm/sm90/wgmma_gemm.h"
#include "harness.h"

using namespace levin;
using namespace levin::test;

namespace {

uint16_t bits_of(DType dtype, float value) {
  return dtype == DType::kF16 ? __half_as_ushort(__float2half_rn(value))
                              : __bfloat16_as_ushort(__float2bfloat16_rn(value));
}

float value_of(DType dtype, uint16_t bits) {
  return dtype == DType::kF16 ? __half2float(__ushort_as_half(bits))
                              : __bfloat162float(__ushort_as_bfloat16(bits));
}

std::vector<uint16_t> encode(DType dtype, const std::vector<float>& values) {
  std::vector<uint16_t> bits;
  for (float value : values) {
    bits.push_back(bits_of(dtype, value));
  }
  return bits;
}

struct Kernel {
  const char* name;
  Status (*launch)(DType weight, const GemmParams& params, cudaStream_t stream);
};

constexpr Kernel kWgmma{"wgmma", launch_wgmma_gemm};
constexpr Kernel kTcgen05{"tcgen05", launch_tcgen05_gemm};

struct Shape {
  int64_t tokens, n, k, stride;  // in values
};

class Case {
 public:
  Case(const Kernel& kernel, DType dtype, DType out_dtype, const Shape& shape)
      : name_(std::string(kernel.name) + " dtype " + std::to_string(static_cast<int>(dtype)) + " out " +
              std::to_string(static_cast<int>(out_dtype)) + " T=" + std::to_string(shape.tokens) +
              " N=" + std::to_string(shape.n) + " K=" + std::to_string(shape.k)),
        kernel_(kernel),
        dtype_(dtype),
        out_dtype_(out_dtype),
        shape_(shape),
        weight_(encode(dtype, peaky(static_cast<size_t>(shape.n * shape.stride), 1))),
        x_(encode(dtype, peaky(static_cast<size_t>(shape.tokens * shape.stride), 2))),
        bias_(peaky(static_cast<size_t>(shape.n), 3)),
        residual_(encode(out_dtype, peaky(static_cast<size_t>(shape.tokens * shape.n), 4))),
        weight_device_(weight_),
        x_device_(x_),
        residual_device_(residual_),
        bias_device_(bias_) {}

  void check() const {
    const std::vector<float> got = run(0, shape_.tokens);
    if (got.empty()) {
      return;
    }
    std::vector<double> want;
    for (int64_t t = 0; t < shape_.tokens; ++t) {
      for (int64_t n = 0; n < shape_.n; ++n) {
        double sum = bias_[static_cast<size_t>(n)];
        for (int64_t k = 0; k < shape_.k; ++k) {
          sum += static_cast<double>(value_of(dtype_, weight_[static_cast<size_t>(n * shape_.stride + k)])) *
                 static_cast<double>(value_of(dtype_, x_[static_cast<size_t>(t * shape_.stride + k)]));
        }
        want.push_back(0.5 * sum + static_cast<double>(residual_value(t * shape_.n + n)));
      }
    }
    const double step = out_dtype_ == DType::kF16 ? 0x1p-11 : 0x1p-8;
    check_close(name_, got, want, 1e-3, out_dtype_ == DType::kF32 ? 1e-5 : step * 1.01);
    for (int64_t first : {int64_t{0}, shape_.tokens / 2, shape_.tokens - 1}) {
      const std::vector<float> row(got.begin() + first * shape_.n, got.begin() + (first + 1) * shape_.n);
      check_same_bits(name_ + ", row " + std::to_string(first) + " alone", run(first, 1), row);
    }
  }

 private:
  float residual_value(int64_t i) const {
    return out_dtype_ == DType::kF32 ? 0.0f : value_of(out_dtype_, residual_[static_cast<size_t>(i)]);
  }

  std::vector<float> run(int64_t first, int64_t count) const {
    const int64_t element = out_dtype_ == DType::kF32 ? 4 : 2;
    const Device<uint8_t> out(std::vector<uint8_t>(static_cast<size_t>(count * shape_.n * element), 0xff));
    GemmParams p = {};
    p.weight = {reinterpret_cast<const uint8_t*>(weight_device_.get()), 0, shape_.stride * 2};
    p.x = {reinterpret_cast<const uint8_t*>(x_device_.get() + first * shape_.stride), shape_.stride * 2, 0};
    p.out = {out.get(), shape_.n * element, 0};
    p.bias = {bias_device_.get(), 0};
    if (out_dtype_ != DType::kF32) {
      p.residual = {reinterpret_cast<const uint8_t*>(residual_device_.get() + first * shape_.n), shape_.n * 2};
    }
    p.columns = count;
    p.inner = 1;
    p.planes = 1;
    p.n = shape_.n;
    p.k = shape_.k;
    p.num_tiles = count;
    p.scale = 0.5f;
    p.x_dtype = dtype_;
    p.out_dtype = out_dtype_;
    if (!finished(kernel_.launch(dtype_, p, nullptr), name_)) {
      return {};
    }
    const std::vector<uint8_t> bytes = out.read();
    std::vector<float> values(static_cast<size_t>(count * shape_.n));
    for (size_t i = 0; i < values.size(); ++i) {
      if (out_dtype_ == DType::kF32) {
        std::memcpy(&values[i], &bytes[4 * i], 4);
      } else {
        uint16_t bits;
        std::memcpy(&bits, &bytes[2 * i], 2);
        values[i] = value_of(out_dtype_, bits);
      }
    }
    return values;
  }

  std::string name_;
  Kernel kernel_;
  DType dtype_, out_dtype_;
  Shape shape_;
  std::vector<uint16_t> weight_, x_;
  std::vector<float> bias_;
  std::vector<uint16_t> residual_;
  Device<uint16_t> weight_device_, x_device_, residual_device_;
  Device<float> bias_device_;
};

void check_what_is_taken() {
  GemmParams p = {};
  p.columns = 2;
  p.inner = 1;
  p.planes = 1;
  p.n = 2;
  p.k = 16;
  p.weight.stride1 = 32;
  p.x.stride0 = 32;
  p.x_dtype = DType::kBF16;
  if (!is_wgmma_product(DType::kBF16, p) || is_wgmma_product(DType::kF16, p)) {
    fail("the type of the activations must be that of the weights");
  }
  p.x.stride0 = 34;
  if (is_wgmma_product(DType::kBF16, p)) {
    fail("rows must lie at multiples of 16 bytes");
  }
  p.columns = 1;
  if (is_wgmma_product(DType::kBF16, p)) {
    fail("a row alone must take the kernel that it takes among others");
  }
}

}  // namespace

int main() {
  check_what_is_taken();
  const Shape shapes[] = {
      {1, 70, 64, 64}, {9, 64, 200, 200}, {64, 130, 520, 528}, {65, 129, 72, 72}, {140, 65, 456, 456}};
  for (const Shape& shape : shapes) {
    for (const Kernel& kernel : {kWgmma, kTcgen05}) {
      Case(kernel, DType::kBF16, DType::kBF16, shape).check();
      Case(kernel, DType::kF16, DType::kF16, shape).check();
      Case(kernel, DType::kBF16, DType::kF32, shape).check();
    }
  }
  std::printf("tma_linear_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
