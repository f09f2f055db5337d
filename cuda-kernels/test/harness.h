// Kernel tests without a JVM: device buffers, draws and checks. What every op must do is held by the conformance
// suite of java/testkit; these tests find a broken kernel in seconds, on a GPU or on the emulator.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "levin/kernels/status.h"

namespace levin::test {

inline int failures = 0;

inline void fail(const std::string& text) {
  if (++failures < 40) {
    std::fprintf(stderr, "FAIL %s\n", text.c_str());
  }
}

inline void require(cudaError_t error, const char* what) {
  if (error != cudaSuccess) {
    std::fprintf(stderr, "FATAL %s: %s\n", what, cudaGetErrorString(error));
    std::exit(1);
  }
}

// Waits for the kernels of a case and tells what went wrong in them.
inline bool finished(Status status, const std::string& name) {
  const cudaError_t error = cudaDeviceSynchronize();
  if (status != Status::kOk || error != cudaSuccess) {
    fail(name + ": status " + std::to_string(static_cast<int>(status)) + ", " + cudaGetErrorString(error));
    return false;
  }
  return true;
}

template <typename T>
class Device {
 public:
  explicit Device(const std::vector<T>& values) : size_(values.size()) {
    require(cudaMalloc(&data_, size_ * sizeof(T) + 16), "cudaMalloc");
    require(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
  }
  explicit Device(size_t size) : Device(std::vector<T>(size)) {}
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() { cudaFree(data_); }

  T* get() const { return data_; }
  uint8_t* bytes() const { return reinterpret_cast<uint8_t*>(data_); }

  std::vector<T> read() const {
    std::vector<T> values(size_);
    require(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t size_;
};

// Normal values, some zero, a few eight times as large.
inline std::vector<float> peaky(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform;
  std::vector<float> values(count);
  for (float& value : values) {
    const float kind = uniform(random);
    value = kind < 0.05f ? 0.0f : normal(random) * (kind > 0.98f ? 8.0f : 1.0f);
  }
  return values;
}

// got within absolute + relative * |want|, element by element.
inline void check_close(const std::string& name, const std::vector<float>& got, const std::vector<double>& want,
                        double absolute, double relative) {
  size_t worst = 0;
  double excess = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    const double off = std::fabs(got[i] - want[i]) - absolute - relative * std::fabs(want[i]);
    if (!(off <= excess)) {
      excess = off;
      worst = i;
      if (std::isnan(off)) {
        break;
      }
    }
  }
  if (!(excess <= 0)) {
    fail(name + ": element " + std::to_string(worst) + " is " + std::to_string(got[worst]) + ", want " +
         std::to_string(want[worst]));
  }
}

inline void check_same_bits(const std::string& name, const std::vector<float>& got,
                            const std::vector<float>& want) {
  for (size_t i = 0; i < want.size(); ++i) {
    if (__builtin_memcmp(&got[i], &want[i], 4) != 0) {
      fail(name + ": element " + std::to_string(i) + " is " + std::to_string(got[i]) + ", want the bits of " +
           std::to_string(want[i]));
      return;
    }
  }
}

}  // namespace levin::test
