// grouped_linear: a product per chosen expert without padding. With few assignments each is a tile of its own;
// otherwise one block sorts them by expert and cuts each expert's run into tiles, and the grid has a block for
// every tile there could be. With combine the products pass through the workspace and are added in order.
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "gemm/gemm.h"
#include "levin/kernels/linear.h"
#include "tiles/gemm_tiles.h"

namespace levin {
namespace {

constexpr int kSortThreads = 512;
constexpr int kCombineThreads = 128;
constexpr int64_t kAlignment = 256;
constexpr int64_t kMaxExperts = 4096;

// Up to so many assignments, reading an expert twice costs less than sorting.
constexpr int64_t kUnsortedLimit = 8;

struct WorkspaceLayout {
  int64_t assignments;
  bool sorted;
  int tile_columns;
  int64_t max_tiles;
  size_t order, tiles, products, bytes;

  explicit WorkspaceLayout(const GroupedLinearParams& p) {
    assignments = p.tokens * p.chosen;
    sorted = assignments > kUnsortedLimit;
    tile_columns = sorted ? gemm_tile_columns(ceil_div<int64_t>(assignments, p.experts)) : kGemmTiles[0].columns;
    max_tiles = sorted ? ceil_div<int64_t>(assignments, tile_columns) + p.experts + 1 : assignments;
    order = 0;
    tiles = static_cast<size_t>(round_up<int64_t>(sorted ? assignments * 4 : 0, kAlignment));
    products = tiles + static_cast<size_t>(round_up<int64_t>(
                           sorted ? max_tiles * static_cast<int64_t>(sizeof(GemmTile)) : 0, kAlignment));
    bytes = products + static_cast<size_t>(p.combine.data == nullptr ? 0 : assignments * p.n * 4);
  }
};

struct SortParams {
  MatrixView<const int32_t> ids;
  int32_t* order;
  GemmTile* tiles;
  int64_t assignments, chosen, experts, max_tiles;
  int32_t tile_columns;
};

// The last bucket is for ids outside the weight.
__device__ inline int bucket_of(const SortParams& p, int64_t assignment) {
  const int64_t id = p.ids.row(assignment / p.chosen)[assignment % p.chosen];
  return static_cast<int>(id >= 0 && id < p.experts ? id : p.experts);
}

// Dynamic shared memory: a counter per bucket, then the first position of each.
__global__ void __launch_bounds__(kSortThreads) sort_assignments_kernel(const __grid_constant__ SortParams p) {
  int* counts = dynamic_shared<int>();
  int* starts = counts + p.experts + 1;
  __shared__ int used_tiles;
  for (int e = static_cast<int>(threadIdx.x); e <= p.experts; e += static_cast<int>(blockDim.x)) {
    counts[e] = 0;
  }
  __syncthreads();
  for (int64_t a = threadIdx.x; a < p.assignments; a += blockDim.x) {
    atomicAdd(&counts[bucket_of(p, a)], 1);
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    int start = 0;
    int tile = 0;
    for (int e = 0; e <= p.experts; ++e) {
      const int count = counts[e];
      for (int first = 0; first < count; first += p.tile_columns, ++tile) {
        p.tiles[tile] = GemmTile{e < p.experts ? e : -1, start + first,
                                 count - first < p.tile_columns ? count - first : p.tile_columns, 0};
      }
      starts[e] = start;
      start += count;
    }
    used_tiles = tile;
  }
  __syncthreads();
  for (int64_t tile = used_tiles + static_cast<int64_t>(threadIdx.x); tile < p.max_tiles; tile += blockDim.x) {
    p.tiles[tile] = GemmTile{-1, 0, 0, 0};
  }
  // Where in its run an assignment lands does not matter: every column is computed alike.
  for (int64_t a = threadIdx.x; a < p.assignments; a += blockDim.x) {
    p.order[atomicAdd(&starts[bucket_of(p, a)], 1)] = static_cast<int32_t>(a);
  }
}

struct CombineParams {
  const float* products;               // [T, chosen, N]
  MatrixView<const float> combine;     // [T, chosen]
  MatrixView<const uint8_t> residual;  // [T, N] or null
  CubeView<uint8_t> out;               // [T, N]
  int64_t chosen, n, blocks_per_token;
  DType activations;
};

__global__ void __launch_bounds__(kCombineThreads) combine_kernel(const __grid_constant__ CombineParams p) {
  const int64_t t = blockIdx.x / p.blocks_per_token;
  const int64_t n = blockIdx.x % p.blocks_per_token * blockDim.x + threadIdx.x;
  if (n >= p.n) {
    return;
  }
  float total = p.residual.data == nullptr ? 0.0f : read_activation(p.residual.row(t), n, p.activations);
  for (int64_t j = 0; j < p.chosen; ++j) {
    total = fmaf(p.combine.row(t)[j], p.products[(t * p.chosen + j) * p.n + n], total);
  }
  write_activation(p.out.row(t, 0), n, p.activations, total);
}

Status sort_assignments(const GroupedLinearParams& params, const WorkspaceLayout& layout, int32_t* order,
                        GemmTile* tiles, cudaStream_t stream) {
  const SortParams p{
      params.ids,         order, tiles, layout.assignments, params.chosen, params.experts, layout.max_tiles,
      layout.tile_columns};
  const int64_t threads = round_up<int64_t>(layout.assignments, kWarpSize);
  LaunchShape shape;
  shape.grid = dim3(1);
  shape.block = dim3(static_cast<unsigned>(threads < kSortThreads ? threads : kSortThreads));
  shape.dynamic_shared_bytes = static_cast<size_t>(2 * (params.experts + 1)) * sizeof(int);
  return launch(sort_assignments_kernel, shape, stream, p);
}

Status combine_products(const GroupedLinearParams& params, const float* products, cudaStream_t stream) {
  const int64_t threads = round_up<int64_t>(params.n, kWarpSize);
  LaunchShape shape;
  shape.block = dim3(static_cast<unsigned>(threads < kCombineThreads ? threads : kCombineThreads));
  const int64_t blocks_per_token = ceil_div<int64_t>(params.n, shape.block.x);
  shape.grid = dim3(static_cast<unsigned>(blocks_per_token * params.tokens));
  return launch(combine_kernel, shape, stream,
                CombineParams{products, params.combine, params.residual, params.out, params.chosen, params.n,
                              blocks_per_token, params.activations});
}

}  // namespace

size_t grouped_linear_workspace_bytes(const GroupedLinearParams& params) {
  return params.experts == 0 ? 0 : WorkspaceLayout(params).bytes;
}

Status grouped_linear(const GroupedLinearParams& params, cudaStream_t stream) {
  if (!is_weight(params.dtype) || !is_activation_type(params.activations) || params.experts > kMaxExperts) {
    return Status::kUnsupported;
  }
  if (params.tokens == 0 || params.chosen == 0 || params.n == 0) {
    return Status::kOk;
  }
  if (params.experts == 0 || !all_multiples_of(row_alignment(params.dtype), address_of(params.weight.data),
                                               params.weight.stride0, params.weight.stride1)) {
    return Status::kInvalidArgument;
  }
  const WorkspaceLayout layout(params);
  uint8_t* workspace = static_cast<uint8_t*>(params.workspace);
  float* products = reinterpret_cast<float*>(workspace + layout.products);
  GemmParams p = {};
  p.weight = params.weight;
  p.x = params.x;
  p.out = params.out;
  if (params.combine.data != nullptr) {
    p.out = {workspace + layout.products, params.chosen * params.n * 4, params.n * 4};
  }
  p.bias = params.bias;
  p.ids = params.ids;
  p.columns = layout.assignments;
  p.inner = params.chosen;
  p.planes = params.experts;
  p.n = params.n;
  p.k = params.k;
  p.num_tiles = layout.max_tiles;
  p.scale = 1.0f;
  p.x_dtype = params.activations;
  p.out_dtype = params.combine.data == nullptr ? params.activations : DType::kF32;
  p.by_expert = true;
  if (layout.sorted) {
    int32_t* order = reinterpret_cast<int32_t*>(workspace + layout.order);
    GemmTile* tiles = reinterpret_cast<GemmTile*>(workspace + layout.tiles);
    const Status status = sort_assignments(params, layout, order, tiles, stream);
    if (status != Status::kOk) {
      return status;
    }
    p.order = order;
    p.tiles = tiles;
  }
  const Status status = launch_gemm(params.dtype, p, layout.tile_columns, stream);
  if (status != Status::kOk || params.combine.data == nullptr) {
    return status;
  }
  return combine_products(params, products, stream);
}

}  // namespace levin
