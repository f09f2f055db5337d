// copy_pages: a grid row of blocks per pair of pages.
#include "levin/kernels/kv.h"

#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"

namespace levin {
namespace {

constexpr int kThreads = 128;
constexpr int kBytesPerThread = 16;

struct CopyParams {
  CopyPagesParams op;
  int64_t blocks_per_page;
  bool vectors;  // pages begin at multiples of 16 bytes
};

__global__ void __launch_bounds__(kThreads) copy_pages_kernel(const __grid_constant__ CopyParams p) {
  const int64_t i = blockIdx.x / p.blocks_per_page;
  const int64_t start = (blockIdx.x % p.blocks_per_page * kThreads + threadIdx.x) * kBytesPerThread;
  const int64_t source = p.op.from[i];
  const int64_t target = p.op.to[i];
  if (source < 0 || source >= p.op.pages || target < 0 || target >= p.op.pages) {
    return;
  }
  const uint8_t* from = p.op.cache + source * p.op.page_bytes;
  uint8_t* to = p.op.cache + target * p.op.page_bytes;
  if (p.vectors && start + kBytesPerThread <= p.op.page_bytes) {
    *reinterpret_cast<uint4*>(to + start) = *reinterpret_cast<const uint4*>(from + start);
    return;
  }
  for (int64_t at = start; at < start + kBytesPerThread && at < p.op.page_bytes; ++at) {
    to[at] = from[at];
  }
}

}  // namespace

Status copy_pages(const CopyPagesParams& params, cudaStream_t stream) {
  if (params.copies == 0 || params.page_bytes == 0) {
    return Status::kOk;
  }
  const int64_t blocks_per_page = ceil_div<int64_t>(params.page_bytes, kThreads * kBytesPerThread);
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(blocks_per_page * params.copies));
  shape.block = dim3(kThreads);
  return launch(copy_pages_kernel, shape, stream,
                CopyParams{params, blocks_per_page, all_multiples_of_16(address_of(params.cache), params.page_bytes)});
}

}  // namespace levin
