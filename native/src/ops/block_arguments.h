// Checks that both entries of block-scaled formats share.
#pragma once

#include "../arguments.h"
#include "levin/kernels/block_scaled.h"

namespace levin::native {

inline BlockFormat check_block_format(int32_t format, int64_t k) {
  check_that(format >= LEVIN_BLOCKS_MXFP8 && format <= LEVIN_BLOCKS_NVFP4, "unknown format of blocks");
  check_that(k % 32 == 0, "K is no multiple of 32, as blocks need");
  return static_cast<BlockFormat>(format);
}

inline void check_blocks(const char* codes_name, const levin_tensor& codes, const char* scales_name,
                         const levin_tensor& scales, BlockFormat format, int64_t rows, int64_t k) {
  check_tensor(codes_name, codes, LEVIN_DTYPE_U8, {rows, block_row_bytes(format, k)});
  check_tensor(scales_name, scales, LEVIN_DTYPE_U8, {rows, k / block_values(format)});
}

}  // namespace levin::native
