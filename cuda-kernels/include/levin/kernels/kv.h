// Copies of whole pages.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "levin/kernels/status.h"

namespace levin {

// Page to[i] of a contiguous cache becomes page from[i], byte for byte. Pairs with an index outside the
// cache are left out; no page is both source and target.
struct CopyPagesParams {
  uint8_t* cache;       // [pages, page_bytes]
  const int32_t* from;  // [n]
  const int32_t* to;    // [n]
  int64_t copies, pages, page_bytes;
};

Status copy_pages(const CopyPagesParams& params, cudaStream_t stream);

}  // namespace levin
