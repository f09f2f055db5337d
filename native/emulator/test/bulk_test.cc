/* mbarrier, bulk copies and TMA: phases, boxes, swizzles, and what must be reported. */
#include "check.h"
#include "ptx/barrier.h"
#include "ptx/mbarrier.h"
#include "ptx/tma.h"

using levin::LaunchShape;
using levin::dynamic_shared;
using levin::test::Array;
using levin::test::run;

namespace {

struct RingParams {
  const uint32_t* in;
  uint32_t* out;
  int bug;
};

constexpr int kStages = 3;
constexpr int kSteps = 11;
constexpr uint32_t kStageBytes = 256;

enum Bug { kNoBug, kForgetsToWait, kForgetsToArrive, kExpectsTooMuch, kForgetsInit, kLeavesEarly };

/* One warp loads, another adds up; a full and an empty barrier a stage, with phases that wrap. */
__global__ void ring(const __grid_constant__ RingParams p) {
  __shared__ uint64_t full[kStages];
  __shared__ uint64_t empty[kStages];
  uint32_t* stages = dynamic_shared<uint32_t>();
  int t = static_cast<int>(threadIdx.x);
  if (t == 0 && p.bug != kForgetsInit) {
    for (int s = 0; s < kStages; ++s) {
      levin::mbarrier_init(full + s, 1);
      levin::mbarrier_init(empty + s, 32);
    }
    levin::fence_mbarrier_init();
  }
  __syncthreads();
  if (t < 32) {
    if (t == 0) {
      for (int step = 0; step < kSteps; ++step) {
        int s = step % kStages;
        levin::mbarrier_wait(empty + s, (step / kStages & 1) ^ 1);
        levin::mbarrier_arrive_expect_tx(full + s, kStageBytes + (p.bug == kExpectsTooMuch ? 16 : 0));
        levin::bulk_load(stages + s * 64, p.in + step * 64, kStageBytes, full + s);
      }
    }
    return;
  }
  int lane = t - 32;
  uint32_t sum = 0;
  for (int step = 0; step < (p.bug == kLeavesEarly ? 0 : kSteps); ++step) {
    int s = step % kStages;
    if (p.bug != kForgetsToWait) {
      levin::mbarrier_wait(full + s, step / kStages & 1);
    }
    sum = 3 * sum + stages[s * 64 + lane] + stages[s * 64 + 63 - lane];
    if (p.bug != kForgetsToArrive) {
      levin::mbarrier_arrive(empty + s);
    }
  }
  p.out[lane] = sum;
}

CASE(a_ring_of_stages_keeps_its_phases) {
  Array<uint32_t> in(kSteps * 64), out(32);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<uint32_t>(i * 7 % 101);
  }
  const char* reports[] = {"",
                           "uninitialised read",
                           "deadlock",
                           "deadlock",
                           "uninitialised read of 8 bytes",
                           "before a bulk load"};
  for (uint64_t seed : {0, 1, 2, 3}) {
    levin::emulator::set_seed(seed);
    for (int bug = kNoBug; bug <= kLeavesEarly; ++bug) {
      std::string report =
          run(ring, {2, 64, kStages * kStageBytes, {1, 1, 1}}, RingParams{in.data(), out.data(), bug});
      if (bug != kNoBug) {
        if (bug != kLeavesEarly) {
          CONTAINS(report, reports[bug]);
        } else {
          /* The producer may as well be found waiting for stages that nobody empties. */
          EQUAL(report.empty(), false);
        }
        continue;
      }
      EQUAL(report, "");
      for (size_t lane = 0; lane < 32; ++lane) {
        uint32_t sum = 0;
        for (size_t step = 0; step < kSteps; ++step) {
          sum = 3 * sum + in[step * 64 + lane] + in[step * 64 + 63 - lane];
        }
        EQUAL(out[lane], sum);
      }
    }
  }
  levin::emulator::set_seed(1);
}

struct TileParams {
  CUtensorMap from;
  CUtensorMap to;
  uint16_t* raw;
  int32_t column;
  int32_t row;
};

constexpr int kTileRows = 16;

/* Loads a box, shows how it lies in shared memory, and stores it elsewhere. */
template <int kBoxColumns>
__global__ void moves_a_tile(const __grid_constant__ TileParams p) {
  __shared__ uint64_t full;
  uint16_t* tile = dynamic_shared<uint16_t>();
  if (threadIdx.x == 0) {
    levin::prefetch_tensormap(&p.from);
    levin::mbarrier_init(&full, 1);
    levin::fence_mbarrier_init();
    levin::mbarrier_arrive_expect_tx(&full, kTileRows * kBoxColumns * 2);
    levin::tma_load_2d(tile, &p.from, &full, p.column, p.row);
  }
  __syncthreads();
  levin::mbarrier_wait(&full, 0);
  for (unsigned i = threadIdx.x; i < kTileRows * kBoxColumns; i += blockDim.x) {
    p.raw[i] = tile[i];
  }
  levin::fence_proxy_async();
  __syncthreads();
  if (threadIdx.x == 0) {
    levin::tma_store_2d(&p.to, tile, p.column, p.row);
    levin::bulk_commit_group();
    levin::bulk_wait_group_read<0>();
  }
}

CUtensorMap map_of(uint16_t* data, uint64_t columns, uint64_t rows, uint64_t pitch, uint32_t box_columns,
                   CUtensorMapSwizzle swizzle) {
  CUtensorMap map;
  uint64_t dimensions[] = {columns, rows};
  uint64_t strides[] = {pitch * 2};
  uint32_t box[] = {box_columns, kTileRows};
  uint32_t steps[] = {1, 1};
  EQUAL(cuTensorMapEncodeTiled(&map, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, data, dimensions, strides, box, steps,
                               CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle, CU_TENSOR_MAP_L2_PROMOTION_NONE,
                               CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        CUDA_SUCCESS);
  return map;
}

template <int kBoxColumns>
void check_tile(CUtensorMapSwizzle swizzle, int32_t column, int32_t row) {
  constexpr int kColumns = 150, kRows = 40, kPitch = 160;
  Array<uint16_t> in(kRows * kPitch), out(kRows * kPitch), raw(kTileRows * kBoxColumns);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<uint16_t>(i + 1);
    out[i] = 0;
  }
  TileParams params{map_of(in.data(), kColumns, kRows, kPitch, kBoxColumns, swizzle),
                    map_of(out.data(), kColumns, kRows, kPitch, kBoxColumns, swizzle), raw.data(), column, row};
  EQUAL(run(moves_a_tile<kBoxColumns>, {1, 64, 8192, {1, 1, 1}}, params), "");
  for (int r = 0; r < kTileRows; ++r) {
    for (int c = 0; c < kBoxColumns; ++c) {
      bool inside = row + r >= 0 && row + r < kRows && column + c >= 0 && column + c < kColumns;
      uint16_t want = inside ? in[(row + r) * kPitch + column + c] : uint16_t{0};
      /* The tables of the programming guide: pieces of 16 bytes change places within the swizzle's width,
         in patterns that repeat every 8 times the width. */
      int offset = (r * kBoxColumns + c) * 2;
      int piece = offset / 16;
      int line = offset / 128;
      int mask = (1 << swizzle) - 1;
      int moved = (piece ^ (line & mask)) * 16 + offset % 16;
      EQUAL(raw[moved / 2], want);
      if (inside) {
        EQUAL(out[(row + r) * kPitch + column + c], want);
      }
    }
  }
  size_t written = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    written += out[i] != 0;
  }
  size_t rows_inside = 0, columns_inside = 0;
  for (int r = row; r < row + kTileRows; ++r) {
    rows_inside += r >= 0 && r < kRows;
  }
  for (int c = column; c < column + kBoxColumns; ++c) {
    columns_inside += c >= 0 && c < kColumns;
  }
  EQUAL(written, rows_inside * columns_inside);
}

CASE(tma_moves_boxes_under_every_swizzle) {
  for (auto [column, row] : {std::pair<int32_t, int32_t>{0, 0}, {8, 3}, {-5, -7}, {131, 30}, {149, 39}}) {
    check_tile<64>(CU_TENSOR_MAP_SWIZZLE_128B, column, row);
    check_tile<32>(CU_TENSOR_MAP_SWIZZLE_64B, column, row);
    check_tile<16>(CU_TENSOR_MAP_SWIZZLE_32B, column, row);
    check_tile<64>(CU_TENSOR_MAP_SWIZZLE_NONE, column, row);
    check_tile<24>(CU_TENSOR_MAP_SWIZZLE_NONE, column, row);
  }
}

CASE(tensor_maps_are_checked) {
  Array<uint16_t> data(4096);
  CUtensorMap map;
  uint64_t dimensions[] = {64, 64};
  uint64_t strides[] = {128};
  uint64_t odd_strides[] = {130};
  uint32_t box[] = {64, 16};
  uint32_t wide[] = {128, 16};
  uint32_t steps[] = {1, 1};
  auto encode = [&](void* address, const uint64_t* s, const uint32_t* b, CUtensorMapSwizzle swizzle) {
    return cuTensorMapEncodeTiled(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, address, dimensions, s, b, steps,
                                  CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle, CU_TENSOR_MAP_L2_PROMOTION_NONE,
                                  CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  };
  EQUAL(encode(data.data(), strides, box, CU_TENSOR_MAP_SWIZZLE_128B), CUDA_SUCCESS);
  EQUAL(encode(data.data() + 1, strides, box, CU_TENSOR_MAP_SWIZZLE_128B), CUDA_ERROR_INVALID_VALUE);
  EQUAL(encode(data.data(), odd_strides, box, CU_TENSOR_MAP_SWIZZLE_128B), CUDA_ERROR_INVALID_VALUE);
  EQUAL(encode(data.data(), strides, wide, CU_TENSOR_MAP_SWIZZLE_128B), CUDA_ERROR_INVALID_VALUE);
  EQUAL(encode(data.data(), strides, box, CU_TENSOR_MAP_SWIZZLE_64B), CUDA_ERROR_INVALID_VALUE);
}

struct StoreParams {
  uint32_t* out;
};

/* Stores through a bulk group; what is overwritten before the wait would show. */
__global__ void stores_in_bulk(const __grid_constant__ StoreParams p) {
  uint32_t* tile = dynamic_shared<uint32_t>();
  for (uint32_t step = 0; step < 3; ++step) {
    tile[threadIdx.x] = step * 100 + threadIdx.x;
    levin::fence_proxy_async();
    __syncthreads();
    if (threadIdx.x == 0) {
      levin::bulk_store(p.out + step * 32, tile, 128);
      levin::bulk_commit_group();
      levin::bulk_wait_group_read<0>();
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    levin::bulk_store(p.out + 96, tile, 128);
  }
}

CASE(bulk_stores_are_made_by_the_wait_or_the_end) {
  Array<uint32_t> out(128);
  EQUAL(run(stores_in_bulk, {1, 32, 128, {1, 1, 1}}, StoreParams{out.data()}), "");
  for (uint32_t i = 0; i < 128; ++i) {
    EQUAL(out[i], (i < 96 ? i / 32 : 2) * 100 + i % 32);
  }
}

}  // namespace

int main() {
  return levin::test::run_all();
}
