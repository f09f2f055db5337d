// Every function of cuda-kernels/ptx once, for nvcc: ptxas must accept each instruction for the architecture.
#include "common/launch.h"
#include "ptx/barrier.h"
#include "ptx/cp_async.h"
#include "ptx/ld_st.h"
#include "ptx/ldmatrix.h"
#include "ptx/mbarrier.h"
#include "ptx/mma.h"
#include "ptx/tma.h"
#include "ptx/wgmma.h"

namespace {

using namespace levin;

struct Params {
  const uint32_t* in;
  uint32_t* out;
};

__global__ void __launch_bounds__(128) multiplies(const __grid_constant__ Params p) {
  uint32_t a[4] = {p.in[0], p.in[1], p.in[2], p.in[3]};
  const uint32_t half_a[2] = {a[0], a[1]};
  const uint32_t b[2] = {p.in[4], p.in[5]};
  float d[4] = {};
  int32_t sums[4] = {};
  mma_m16n8k16_f16(d, a, b, d);
  mma_m16n8k16_bf16(d, a, b, d);
  mma_m16n8k8_tf32(d, a, b, d);
  mma_m16n8k8_f16(d, half_a, b[0], d);
  mma_m16n8k8_bf16(d, half_a, b[0], d);
  mma_m16n8k32_e4m3(d, a, b, d);
  mma_m16n8k32_e5m2(d, a, b, d);
  mma_m16n8k32_e4m3_e5m2(d, a, b, d);
  mma_m16n8k32_e5m2_e4m3(d, a, b, d);
  mma_m16n8k32_s8(sums, a, b, sums);
  p.out[threadIdx.x] = __float_as_uint(d[0]) + static_cast<uint32_t>(sums[0]);
}

__global__ void __launch_bounds__(128) copies(const __grid_constant__ Params p) {
  uint4* shared = dynamic_shared<uint4>();
  cp_async_16(shared + threadIdx.x, p.in + 4 * threadIdx.x);
  cp_async_16(shared + threadIdx.x, p.in + 4 * threadIdx.x, threadIdx.x % 16);
  cp_async_commit_group();
  cp_async_ca<4>(shared + threadIdx.x, p.in + 4 * threadIdx.x);
  cp_async_ca<8>(shared + threadIdx.x, p.in + 4 * threadIdx.x);
  cp_async_commit_group();
  cp_async_wait_group<1>();
  cp_async_wait_all();
  bar_sync(1, 128);
  bar_arrive(2, 64);
  st_global_cs(p.out + 4 * threadIdx.x, ld_global_nc(p.in));
}

__global__ void __launch_bounds__(128) matrices(const __grid_constant__ Params p) {
  uint4* row = dynamic_shared<uint4>() + threadIdx.x;
  uint32_t one[1], two[2], four[4];
  ldmatrix_x1(one, row);
  ldmatrix_x1_trans(one, row + one[0]);
  ldmatrix_x2(two, row);
  ldmatrix_x2_trans(two, row + two[0]);
  ldmatrix_x4(four, row);
  ldmatrix_x4_trans(four, row + four[0]);
  stmatrix_x1(row, one);
  stmatrix_x1_trans(row, one);
  stmatrix_x2(row, two);
  stmatrix_x2_trans(row, two);
  stmatrix_x4(row, four);
  stmatrix_x4_trans(row, four);
  fence_proxy_async();
  p.out[threadIdx.x] = elect_sync();
}

struct BulkParams {
  CUtensorMap map;
  uint32_t* out;
};

__global__ void __launch_bounds__(128) bulk_copies(const __grid_constant__ BulkParams p) {
  __shared__ uint64_t barrier;
  uint4* shared = dynamic_shared<uint4>();
  if (threadIdx.x == 0) {
    prefetch_tensormap(&p.map);
    mbarrier_init(&barrier, 2);
    fence_mbarrier_init();
    mbarrier_arrive(&barrier);
    mbarrier_arrive_expect_tx(&barrier, 1024);
    bulk_load(shared, p.out, 16, &barrier);
    tma_load_1d(shared, &p.map, &barrier, 1);
    tma_load_2d(shared, &p.map, &barrier, 1, 2);
    tma_load_3d(shared, &p.map, &barrier, 1, 2, 3);
    tma_load_4d(shared, &p.map, &barrier, 1, 2, 3, 4);
    tma_load_5d(shared, &p.map, &barrier, 1, 2, 3, 4, 5);
    mbarrier_wait(&barrier, 0);
    bulk_store(p.out, shared, 16);
    tma_store_1d(&p.map, shared, 1);
    tma_store_2d(&p.map, shared, 1, 2);
    tma_store_3d(&p.map, shared, 1, 2, 3);
    tma_store_4d(&p.map, shared, 1, 2, 3, 4);
    tma_store_5d(&p.map, shared, 1, 2, 3, 4, 5);
    bulk_commit_group();
    bulk_wait_group_read<1>();
    bulk_wait_group<0>();
  }
  p.out[threadIdx.x] = mbarrier_try_wait(&barrier, 1);
}

// Every type, operand source and transposition of one width.
#define LEVIN_ALL_PRODUCTS(n)                                    \
  {                                                              \
    float d[n / 2] = {};                                         \
    wgmma_fence();                                               \
    wgmma_m64n##n##k16_bf16_ss(d, a, b, false);                  \
    wgmma_m64n##n##k16_bf16_rs(d, registers, b, true);           \
    wgmma_m64n##n##k16_f16_ss<true, true>(d, a, b, true);        \
    wgmma_m64n##n##k16_f16_rs<true>(d, registers, b, true);      \
    wgmma_m64n##n##k32_e4m3_ss(d, a, b, true);                   \
    wgmma_m64n##n##k32_e4m3_rs(d, registers, b, true);           \
    wgmma_m64n##n##k32_e5m2_ss(d, a, b, true);                   \
    wgmma_m64n##n##k32_e5m2_rs(d, registers, b, true);           \
    wgmma_commit_group();                                        \
    wgmma_wait_group<0>();                                       \
    for (int i = 0; i < n / 2; ++i) {                            \
      p.out[i] += static_cast<uint32_t>(d[i]);                   \
    }                                                            \
  }

__global__ void __launch_bounds__(128) warpgroup_products(const __grid_constant__ Params p) {
  const uint64_t a = wgmma_descriptor(dynamic_shared<uint4>(), 16, 1024, WgmmaSwizzle::k128);
  const uint64_t b = wgmma_advance(a, 8192);
  const uint32_t registers[4] = {p.in[0], p.in[1], p.in[2], p.in[3]};
  LEVIN_ALL_PRODUCTS(8)
  LEVIN_ALL_PRODUCTS(16)
  LEVIN_ALL_PRODUCTS(32)
  LEVIN_ALL_PRODUCTS(64)
  LEVIN_ALL_PRODUCTS(128)
  LEVIN_ALL_PRODUCTS(256)
}

}  // namespace

Status launch_bulk(const CUtensorMap& map, uint32_t* out, cudaStream_t stream) {
  return launch(bulk_copies, {1, 128, 65536, {1, 1, 1}}, stream, BulkParams{map, out});
}

Status launch_all(const uint32_t* in, uint32_t* out, cudaStream_t stream) {
  const LaunchShape shape{1, 128, 65536, {1, 1, 1}};
  const Params params{in, out};
  const LaunchShape clustered{2, 128, 4096, {2, 1, 1}};
  Status status = launch(multiplies, shape, stream, params);
  status = status == Status::kOk ? launch(copies, clustered, stream, params) : status;
  status = status == Status::kOk ? launch(warpgroup_products, shape, stream, params) : status;
  return status == Status::kOk ? launch(matrices, shape, stream, params) : status;
}
