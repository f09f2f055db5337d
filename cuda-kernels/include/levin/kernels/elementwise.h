// Element by element over [T, C], all tensors of an op of one activation type. Outputs may be inputs.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Numbered as dev.levin.core.op.Activation.
enum class Activation : int32_t {
  kSilu = 0,
  kGeluTanh = 1,
  kGeluErf = 2,
  kRelu = 3,
  kReluSquared = 4,
  kSwigluClamped = 5,
  kNone = 6,
};

// out = x + scale * y
struct AddParams {
  MatrixView<const uint8_t> x, y;  // [T, C]
  MatrixView<uint8_t> out;         // [T, C]
  int64_t tokens, size;
  DType activations;
  float scale;
};

// out = cap * tanh(x / cap)
struct SoftCapParams {
  MatrixView<const uint8_t> x;  // [T, C]
  MatrixView<uint8_t> out;      // [T, C]
  int64_t tokens, size;
  DType activations;
  float cap;
};

// out = f(gate) * up, or f(gate) without up, which kSwigluClamped needs.
struct GatedActivationParams {
  MatrixView<const uint8_t> gate;  // [T, F]
  MatrixView<const uint8_t> up;    // [T, F] or null
  MatrixView<uint8_t> out;         // [T, F]
  int64_t tokens, size;
  DType activations;
  Activation activation;
};

Status add(const AddParams& params, cudaStream_t stream);
Status soft_cap(const SoftCapParams& params, cudaStream_t stream);
Status gated_activation(const GatedActivationParams& params, cudaStream_t stream);

}  // namespace levin
