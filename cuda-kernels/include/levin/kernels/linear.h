// Products of activations with weights of any DType; sums are float32.
//
// Accuracy: F32, F16 and BF16 weights NMSE <= 1e-7; codes of quantised weights are exact, their scales are
// applied in float32. out[t, n] depends on x[t], weight[n], the DType and K alone, to the bit: not on T, nor
// on which kernel a shape gets. Which arithmetic a product has is a matter of its types and of whether rows lie at
// multiples of 16 bytes: F16 by F16 and BF16 by BF16 go through wgmma on sm_90 if they do, for every T.
#pragma once

#include <cstddef>
#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// out[t, s] = residual[t] + scale * (weight[s] . x[t, s] + bias): Linear with S = 1, HeadLinear with S heads.
// out may be residual, not x. bias and residual need S = 1.
struct LinearParams {
  CubeView<const uint8_t> x;           // [T, S, K] of x_dtype
  CubeView<const uint8_t> weight;      // [S, N, K]; all DTypes but integers, F64, Q8_1 and Q8_K
  const float* bias;                   // [N] or null
  MatrixView<const uint8_t> residual;  // [T, N] of out_dtype or null
  CubeView<uint8_t> out;               // [T, S, N] of out_dtype
  int64_t tokens, heads, n, k;
  DType dtype;
  DType x_dtype, out_dtype;  // F32, F16 or BF16
  float scale;
};

Status linear(const LinearParams& params, cudaStream_t stream);

// A matrix per chosen expert: y[t, j] = weight[ids[t, j]] . x[t, j] + bias[ids[t, j]]. Without combine out is
// y, [T, chosen, N]; with it out[t] = residual[t] + sum over j, in order, of combine[t, j] * y[t, j], and
// out's stride1 is unused. An id outside the weight gives NaN. residual may be out.
struct GroupedLinearParams {
  CubeView<const uint8_t> x;           // [T, chosen, K], or [T, K] with stride1 0
  CubeView<const uint8_t> weight;      // [E, N, K]
  MatrixView<const float> bias;        // [E, N] or null
  MatrixView<const int32_t> ids;       // [T, chosen]
  MatrixView<const float> combine;     // [T, chosen] or null
  MatrixView<const uint8_t> residual;  // [T, N] or null; only with combine
  CubeView<uint8_t> out;               // [T, chosen, N], or [T, N] with combine
  int64_t tokens, chosen, experts, n, k;
  DType dtype;
  DType activations;  // of x, residual and out
  void* workspace;    // grouped_linear_workspace_bytes() of device memory, 256-byte aligned
};

// Depends on tokens, chosen, experts, n and on whether combine is given; the workspace itself is not read.
size_t grouped_linear_workspace_bytes(const GroupedLinearParams& params);
Status grouped_linear(const GroupedLinearParams& params, cudaStream_t stream);

}  // namespace levin
