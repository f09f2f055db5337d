// Operands of a product in a ring of shared-memory stages that one thread keeps full by TMA: 128 bytes of K of a
// tile's weight rows and of its tokens, 128-byte swizzled, zeros beyond either matrix.
#pragma once

#include "common/tensor_map.h"
#include "gemm/gemm.h"
#include "ptx/mbarrier.h"
#include "ptx/tma.h"

namespace levin {

// Both operands as tensors. Lies in the kernel's parameters.
struct TmaOperands {
  CUtensorMap weight;
  CUtensorMap x;
};

inline Status encode_operands(const GemmParams& params, DType dtype, int rows, int columns,
                              TmaOperands* operands) {
  const Status status = encode_matrix(&operands->weight, dtype, {params.weight.data, params.weight.stride1},
                                      params.n, params.k, rows);
  if (status != Status::kOk) {
    return status;
  }
  return encode_matrix(&operands->x, dtype, {params.x.data, params.x.stride0}, params.columns, params.k, columns);
}

template <int kRows, int kColumns, int kStages>
struct TmaRing {
  struct Stage {
    uint8_t weight[kRows][kSwizzleBytes];
    uint8_t x[kColumns][kSwizzleBytes];
  };
  Stage stages[kStages];
  uint64_t full[kStages];
  uint64_t empty[kStages];

  static __device__ int index(int64_t step) { return static_cast<int>(step % kStages); }
  static __device__ uint32_t parity(int64_t step) { return static_cast<uint32_t>(step / kStages % 2); }

  // By one thread, before a barrier of the block. releases: arrivals that hand a stage back.
  __device__ void init(uint32_t releases) {
    for (int s = 0; s < kStages; ++s) {
      mbarrier_init(&full[s], 1);
      mbarrier_init(&empty[s], releases);
    }
    fence_mbarrier_init();
  }

  // All steps of K, by one thread. values: of K in a stage.
  __device__ void produce(const TmaOperands& operands, int64_t steps, int values, int32_t first_row,
                          int32_t first_column) {
    prefetch_tensormap(&operands.weight);
    prefetch_tensormap(&operands.x);
    for (int64_t step = 0; step < steps; ++step) {
      const int s = index(step);
      mbarrier_wait(&empty[s], parity(step) ^ 1);
      mbarrier_arrive_expect_tx(&full[s], sizeof(Stage));
      const int32_t k = static_cast<int32_t>(step * values);
      tma_load_2d(stages[s].weight, &operands.weight, &full[s], k, first_row);
      tma_load_2d(stages[s].x, &operands.x, &full[s], k, first_column);
    }
  }

  // The stage of a step, once it is full.
  __device__ const Stage& wait(int64_t step) {
    mbarrier_wait(&full[index(step)], parity(step));
    return stages[index(step)];
  }
};

}  // namespace levin
