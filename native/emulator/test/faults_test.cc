/* Planted bugs: each must come back as an error that names kernel, block and thread, under every seed. */
#include "check.h"

using levin::LaunchShape;
using levin::dynamic_shared;
using levin::test::Array;

namespace {

constexpr unsigned kFull = 0xffffffffu;

struct BugParams {
  float* data;
  int n;
  int zero;
};

/* Every seed must report a text with all of these parts. */
void expect(void (*kernel)(BugParams), dim3 grid, dim3 block, size_t shared,
            std::initializer_list<const char*> parts) {
  Array<float> data(64);
  for (uint64_t seed = 0; seed < 6; ++seed) {
    levin::emulator::set_seed(seed);
    std::memset(data.data(), 0, 256);
    std::string report =
        levin::test::run(kernel, LaunchShape{grid, block, shared, {1, 1, 1}}, BugParams{data.data(), 64, 0});
    for (const char* part : parts) {
      CONTAINS(report, part);
    }
  }
  levin::emulator::set_seed(1);
}

__global__ void barrier_in_a_branch(const __grid_constant__ BugParams p) {
  if (threadIdx.x < 40) {
    __syncthreads();
  }
  p.data[threadIdx.x] = 1.0f;
}

__global__ void waits_often(const __grid_constant__ BugParams p) {
  for (int i = 0; i < 20; ++i) {
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    atomicAdd(p.data, 1.0f);
  }
}

/* First of all: a fault before the helping threads start must not cost a block its stacks. */
CASE(blocks_run_after_a_fault_in_the_first_launch) {
  Array<float> data(64);
  std::memset(data.data(), 0, 256);
  BugParams params{data.data(), 64, 0};
  CONTAINS(levin::test::run(barrier_in_a_branch, {1, 64, 0, {1, 1, 1}}, params), "divergent barrier");
  data[0] = 0.0f;
  EQUAL(levin::test::run(waits_often, {400, 64, 0, {1, 1, 1}}, params), "");
  EQUAL(data[0], 400.0f);
}

CASE(barrier_that_some_threads_skip) {
  expect(barrier_in_a_branch, 3, 64, 0,
         {"divergent barrier", "faults_test.cc", "kernel (anonymous namespace)::barrier_in_a_branch",
          "block (", "thread ("});
}

__global__ void two_barriers(const __grid_constant__ BugParams p) {
  if (threadIdx.x % 2 == 0) {
    p.data[threadIdx.x] = 1.0f;
    __syncthreads();
  } else {
    __syncthreads();
  }
}

CASE(barriers_at_two_places) {
  expect(two_barriers, 1, 64, 0, {"divergent barrier", "waits at faults_test.cc"});
}

__global__ void exits_before_the_barrier(const __grid_constant__ BugParams p) {
  if (threadIdx.x == 5) {
    return;
  }
  __syncthreads();
  p.data[threadIdx.x] = 1.0f;
}

CASE(a_thread_that_exits_before_the_barrier) {
  expect(exits_before_the_barrier, 2, 32, 0, {"divergent barrier", "(5,0,0)"});
}

__global__ void incomplete_shuffle(const __grid_constant__ BugParams p) {
  float value = 1.0f;
  if (threadIdx.x < 16) {
    value = __shfl_xor_sync(kFull, value, 1);
  }
  __syncthreads();
  p.data[threadIdx.x] = value;
}

CASE(a_shuffle_that_half_of_the_warp_skips) {
  expect(incomplete_shuffle, 1, 32, 0, {"deadlock", "faults_test.cc"});
}

__global__ void mixed_collectives(const __grid_constant__ BugParams p) {
  unsigned votes = 0;
  if (threadIdx.x < 16) {
    votes = __ballot_sync(kFull, 1);
  } else {
    votes = __reduce_add_sync(kFull, 1u);
  }
  p.data[threadIdx.x] = static_cast<float>(votes);
}

CASE(lanes_in_different_collectives) {
  expect(mixed_collectives, 1, 32, 0, {"divergent warp", "a vote", "__reduce_sync"});
}

__global__ void mask_without_the_caller(const __grid_constant__ BugParams p) {
  p.data[threadIdx.x] = __shfl_sync(0xfu, 1.0f, 0);
}

CASE(a_mask_that_leaves_out_the_caller) {
  expect(mask_without_the_caller, 1, 32, 0, {"mask 0000000f", "leaves out the calling lane"});
}

__global__ void shared_index_too_large(const __grid_constant__ BugParams p) {
  __shared__ float values[64];
  values[threadIdx.x] = 1.0f;
  __syncthreads();
  p.data[threadIdx.x] = values[threadIdx.x + static_cast<unsigned>(p.n) - 60];
}

CASE(reading_past_a_shared_array) {
  expect(shared_index_too_large, 1, 64, 0, {"out-of-bounds index", "float [64]", "faults_test.cc"});
}

__global__ void shared_pointer_too_far(const __grid_constant__ BugParams p) {
  __shared__ float values[64];
  float* cursor = values + p.zero;
  cursor[threadIdx.x] = 1.0f;
  __syncthreads();
  cursor[threadIdx.x + 64 * 1024] = 2.0f;
  p.data[threadIdx.x] = cursor[0];
}

CASE(writing_far_past_a_shared_array) {
  expect(shared_pointer_too_far, 1, 64, 0, {"write of 4 bytes"});
}

__global__ void dynamic_shared_too_small(const __grid_constant__ BugParams p) {
  float* values = dynamic_shared<float>();
  values[threadIdx.x] = 1.0f;
  __syncthreads();
  p.data[threadIdx.x] = values[63 - threadIdx.x];
}

CASE(more_dynamic_shared_memory_than_asked_for) {
  expect(dynamic_shared_too_small, 4, 64, 252,
         {"out-of-bounds write of 4 bytes", "byte 252 of 252", "dynamic shared memory", "(63,0,0)"});
}

__global__ void before_dynamic_shared(const __grid_constant__ BugParams p) {
  float* values = dynamic_shared<float>() + p.zero - 1;
  p.data[threadIdx.x] = values[0];
}

CASE(less_than_the_start_of_dynamic_shared_memory) {
  expect(before_dynamic_shared, 1, 1, 64, {"out-of-bounds read of 4 bytes", "byte -4 of 64"});
}

__global__ void reads_unwritten_shared(const __grid_constant__ BugParams p) {
  __shared__ float values[64];
  if (threadIdx.x != 17) {
    values[threadIdx.x] = 1.0f;
  }
  __syncthreads();
  p.data[threadIdx.x] = values[63 - threadIdx.x];
}

CASE(reading_a_shared_element_that_nobody_wrote) {
  expect(reads_unwritten_shared, 2, 64, 0,
         {"uninitialised read of 4 bytes", "byte 68 of 256 bytes of", "values", "(46,0,0)"});
}

__global__ void reads_unwritten_scalar(const __grid_constant__ BugParams p) {
  __shared__ float total;
  if (p.zero != 0) {
    total = 1.0f;
  }
  __syncthreads();
  p.data[threadIdx.x] = total;
}

CASE(reading_a_shared_scalar_that_nobody_wrote) {
  expect(reads_unwritten_scalar, 1, 32, 0, {"uninitialised read of 4 bytes", "total"});
}

__global__ void relies_on_the_block_before(const __grid_constant__ BugParams p) {
  float* values = dynamic_shared<float>();
  if (blockIdx.x == 0) {
    values[threadIdx.x] = 1.0f;
  }
  __syncthreads();
  p.data[threadIdx.x] = values[threadIdx.x];
}

CASE(shared_memory_does_not_outlive_its_block) {
  expect(relies_on_the_block_before, 4, 64, 256, {"uninitialised read"});
}

__global__ void reads_before_the_allocation(const __grid_constant__ BugParams p) {
  p.data[threadIdx.x] = p.data[p.zero - 1];
}

CASE(reading_before_an_allocation) {
  expect(reads_before_the_allocation, 1, 1, 0, {"out-of-bounds read of 4 bytes", "global memory"});
}

__global__ void writes_past_the_allocation(const __grid_constant__ BugParams p) {
  p.data[threadIdx.x + blockIdx.x * blockDim.x] = 1.0f;
}

CASE(writing_past_an_allocation) {
  expect(writes_past_the_allocation, 3, 32, 0,
         {"out-of-bounds write of 4 bytes", "allocation of 256 bytes", "block (2,0,0)"});
}

__global__ void follows_a_host_pointer(const __grid_constant__ BugParams p) {
  float** table = reinterpret_cast<float**>(p.data);
  table[0] = reinterpret_cast<float*>(0x1000);
  p.data[8] = *table[0];
}

CASE(following_a_pointer_that_is_no_device_memory) {
  expect(follows_a_host_pointer, 1, 1, 0, {"illegal read of 4 bytes: 0x1000"});
}

__global__ void misaligned_vector(const __grid_constant__ BugParams p) {
  float4 quad = *reinterpret_cast<const float4*>(p.data + 1 + threadIdx.x * 4);
  p.data[threadIdx.x] = quad.x + quad.w;
}

CASE(a_misaligned_vector_access) {
  expect(misaligned_vector, 1, 4, 0, {"misaligned", "float4", "faults_test.cc"});
}

__global__ void misaligned_shared_vector(const __grid_constant__ BugParams p) {
  float* values = dynamic_shared<float>();
  values[threadIdx.x] = 1.0f;
  __syncthreads();
  *reinterpret_cast<float2*>(values + 3) = make_float2(p.data[0], p.data[1]);
}

CASE(a_misaligned_shared_vector_access) {
  expect(misaligned_shared_vector, 1, 32, 128, {"misaligned", "float2"});
}

__global__ void local_index_too_large(const __grid_constant__ BugParams p) {
  float local[4] = {1.0f, 2.0f, 3.0f, 4.0f};
  p.data[0] = local[p.n];
}

CASE(an_index_past_a_local_array) {
  expect(local_index_too_large, 1, 1, 0, {"out-of-bounds index 64", "float [4]"});
}

__global__ void divides_by_zero(const __grid_constant__ BugParams p) {
  p.data[0] = static_cast<float>(p.n / p.zero);
}

CASE(an_integer_division_by_zero) {
  expect(divides_by_zero, 1, 1, 0, {"integer division by zero"});
}

__global__ void shifts_too_far(const __grid_constant__ BugParams p) {
  p.data[0] = static_cast<float>(1 << p.n);
}

CASE(a_shift_by_more_than_the_width) {
  expect(shifts_too_far, 1, 1, 0, {"shift by 64"});
}

__global__ void misaligned_atomic(const __grid_constant__ BugParams p) {
  atomicAdd(reinterpret_cast<unsigned long long*>(p.data + 1), 1ull);
}

CASE(a_misaligned_atomic) {
  expect(misaligned_atomic, 1, 1, 0, {"misaligned"});
}

__global__ void traps(const __grid_constant__ BugParams p) {
  if (p.zero == 0) {
    __trap();
  }
}

CASE(a_trap) {
  expect(traps, 1, 1, 0, {"__trap", "traps"});
}

CASE(freed_memory_is_out_of_bounds) {
  float* freed;
  cudaMalloc(&freed, 256);
  cudaFree(freed);
  CONTAINS(levin::test::run(writes_past_the_allocation, {1, 1, 0, {1, 1, 1}}, BugParams{freed, 64, 0}),
           "out-of-bounds write");
}

}  // namespace

int main() {
  return levin::test::run_all();
}
