/*
 * levin_cpu_bench [threads] [isa] [dtype]: decode (one token) against the measured read bandwidth and
 * prefill (128 tokens) against the measured FP32 multiply-add peak, at the shapes of a 1-billion Llama.
 *
 * Each time is the best of several passes, so that what else the machine does weighs less; where no memory
 * is waited for it is processor time. Decode walks through more copies of a matrix than caches hold; "in
 * cache" is the same kernel over a matrix that the second-level cache holds: what it could do with more
 * bandwidth, one thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "levin/levin_cpu.h"

namespace {

struct Type {
  const char* name;
  int32_t dtype;
  int block_values;
  int block_bytes;
};

constexpr Type kTypes[] = {
    {"Q8_0", LEVIN_CPU_DTYPE_Q8_0, 32, 34},       {"Q4_0", LEVIN_CPU_DTYPE_Q4_0, 32, 18},
    {"Q4_1", LEVIN_CPU_DTYPE_Q4_1, 32, 20},       {"Q5_0", LEVIN_CPU_DTYPE_Q5_0, 32, 22},
    {"Q5_1", LEVIN_CPU_DTYPE_Q5_1, 32, 24},       {"Q2_K", LEVIN_CPU_DTYPE_Q2_K, 256, 84},
    {"Q3_K", LEVIN_CPU_DTYPE_Q3_K, 256, 110},     {"Q4_K", LEVIN_CPU_DTYPE_Q4_K, 256, 144},
    {"Q5_K", LEVIN_CPU_DTYPE_Q5_K, 256, 176},     {"Q6_K", LEVIN_CPU_DTYPE_Q6_K, 256, 210},
    {"IQ4_NL", LEVIN_CPU_DTYPE_IQ4_NL, 32, 18},   {"IQ4_XS", LEVIN_CPU_DTYPE_IQ4_XS, 256, 136},
    {"TQ1_0", LEVIN_CPU_DTYPE_TQ1_0, 256, 54},    {"TQ2_0", LEVIN_CPU_DTYPE_TQ2_0, 256, 66},
    {"MXFP4", LEVIN_CPU_DTYPE_MXFP4, 32, 17},     {"NVFP4", LEVIN_CPU_DTYPE_NVFP4, 64, 36},
    {"F16", LEVIN_CPU_DTYPE_F16, 1, 2},           {"BF16", LEVIN_CPU_DTYPE_BF16, 1, 2},
    {"F8_E4M3", LEVIN_CPU_DTYPE_F8_E4M3, 1, 1},   {"F8_E5M2", LEVIN_CPU_DTYPE_F8_E5M2, 1, 1},
    {"F32", LEVIN_CPU_DTYPE_F32, 1, 4},
};

struct Shape {
  int64_t n;
  int64_t k;
};

constexpr Shape kShapes[] = {{2048, 2048}, {512, 2048}, {8192, 2048}, {2048, 8192}, {128256, 2048}};

constexpr int64_t kStreamBytes = INT64_C(256) << 20;
constexpr int64_t kPrefillTokens = 128;
constexpr int64_t kMaxPrefillRows = 10000;
constexpr int64_t kCachedBytes = 256 << 10;
constexpr int kCachedRepeats = 200;
constexpr int kPasses = 5;

struct Free {
  void operator()(void* p) const { free(p); }
};
using Bytes = std::unique_ptr<uint8_t, Free>;

Bytes aligned_bytes(int64_t bytes) {
  uint8_t* p = (uint8_t*)aligned_alloc(64, (size_t)(bytes + 127) / 64 * 64);
  memset(p, 1, (size_t)bytes);
  return Bytes(p);
}

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds of the fastest of several passes in which every thread does its share at once. */
double best_seconds(int threads, const std::function<void(int)>& share) {
  double best = 1e30;
  for (int pass = 0; pass < kPasses; pass++) {
    std::atomic<int> ready{0};
    std::vector<std::thread> others;
    for (int i = 1; i < threads; i++) {
      others.emplace_back([&, i] {
        ready++;
        while (ready.load() < threads) {
        }
        share(i);
      });
    }
    ready++;
    while (ready.load() < threads) {
    }
    auto start = std::chrono::steady_clock::now();
    share(0);
    for (std::thread& other : others) {
      other.join();
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

/* The processor time of the thread that took most, in the best of several passes. */
double best_processor_seconds(int threads, const std::function<void(int)>& share) {
  double best = 1e30;
  for (int pass = 0; pass < kPasses; pass++) {
    std::vector<double> took((size_t)threads);
    std::vector<std::thread> all;
    for (int i = 0; i < threads; i++) {
      all.emplace_back([&, i] {
        double start = processor_seconds();
        share(i);
        took[(size_t)i] = processor_seconds() - start;
      });
    }
    for (std::thread& thread : all) {
      thread.join();
    }
    best = std::min(best, *std::max_element(took.begin(), took.end()));
  }
  return best;
}

double read_bandwidth(int threads) {
  Bytes memory = aligned_bytes(kStreamBytes);
  std::atomic<uint64_t> sink{0};
  double seconds = best_seconds(threads, [&](int i) {
    const uint64_t* from = (const uint64_t*)(memory.get() + kStreamBytes / threads * i);
    const uint64_t* to = from + kStreamBytes / threads / 8;
    uint64_t sums[8] = {};
    for (; from < to; from += 64) {
      __builtin_prefetch(from + 512);
      for (int j = 0; j < 8; j++) {
        sums[j] += from[j * 8];
      }
    }
    sink += sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
  });
  return kStreamBytes / seconds;
}

#if defined(__x86_64__)
/* Twelve chains: latency times issue rate of the widest machine so far. */
__attribute__((target("avx2,fma"))) float multiply_adds(int64_t count) {
  typedef float F32x8 __attribute__((vector_size(32)));
  F32x8 s0 = {}, s1 = {}, s2 = {}, s3 = {}, s4 = {}, s5 = {}, s6 = {}, s7 = {}, s8 = {}, s9 = {}, s10 = {}, s11 = {};
  F32x8 a = F32x8{} + 0.999f;
  F32x8 b = F32x8{} + 0.001f;
  for (int64_t i = 0; i < count; i += 12) {
    asm volatile(
        "vfmadd213ps %13, %12, %0\n\tvfmadd213ps %13, %12, %1\n\tvfmadd213ps %13, %12, %2\n\t"
        "vfmadd213ps %13, %12, %3\n\tvfmadd213ps %13, %12, %4\n\tvfmadd213ps %13, %12, %5\n\t"
        "vfmadd213ps %13, %12, %6\n\tvfmadd213ps %13, %12, %7\n\tvfmadd213ps %13, %12, %8\n\t"
        "vfmadd213ps %13, %12, %9\n\tvfmadd213ps %13, %12, %10\n\tvfmadd213ps %13, %12, %11"
        : "+x"(s0), "+x"(s1), "+x"(s2), "+x"(s3), "+x"(s4), "+x"(s5), "+x"(s6), "+x"(s7), "+x"(s8), "+x"(s9),
          "+x"(s10), "+x"(s11)
        : "x"(a), "x"(b));
  }
  return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11)[0];
}

double fma_peak(int threads) {
  constexpr int64_t kCount = 48'000'000;
  std::atomic<int> sink{0};
  double seconds = best_processor_seconds(threads, [&](int) { sink += (int)multiply_adds(kCount); });
  return 16.0 * kCount * threads / seconds;
}
#else
double fma_peak(int) {
  return NAN;
}
#endif

/* One matrix, or several where one would fit a cache, and prepared activations. */
struct Layer {
  const Type& type;
  Shape shape;
  int64_t row_bytes;
  int64_t copies;
  Bytes weight;
  Bytes activations;
  int64_t activation_bytes;
  int64_t tokens;
  std::vector<Bytes> scratch;
  std::vector<float> out;

  Layer(const Type& type, Shape shape, int64_t tokens, int64_t copies, int threads)
      : type(type), shape(shape), row_bytes(shape.k / type.block_values * type.block_bytes), copies(copies),
        tokens(tokens), out((size_t)(tokens * shape.n)) {
    int64_t bytes = copies * shape.n * row_bytes;
    weight = aligned_bytes(bytes);
    std::mt19937 random(3);
    for (int64_t i = 0; i < std::min<int64_t>(bytes, 1 << 20) / 4; i++) {
      uint32_t value = random() & 0x33333333u;
      for (int64_t at = i * 4; at < bytes; at += 1 << 20) {
        memcpy(weight.get() + at, &value, (size_t)std::min<int64_t>(4, bytes - at));
      }
    }
    /* Exponents as models have them: subnormal scales would be slower than any. */
    for (int64_t at = 0; type.dtype == LEVIN_CPU_DTYPE_MXFP4 && at < bytes; at += type.block_bytes) {
      weight.get()[at] = 120;
    }
    activation_bytes = levin_cpu_activation_bytes(type.dtype, tokens, shape.k);
    activations = aligned_bytes(activation_bytes);
    std::vector<float> x((size_t)(tokens * shape.k));
    std::normal_distribution<float> normal;
    for (float& value : x) {
      value = normal(random);
    }
    levin_cpu_prepare_args args = {};
    args.x = x.data();
    args.x_stride = shape.k;
    args.activations = activations.get();
    args.activations_bytes = activation_bytes;
    args.tokens = tokens;
    args.k = shape.k;
    args.dtype = type.dtype;
    if (levin_cpu_prepare(&args) != LEVIN_CPU_OK) {
      fprintf(stderr, "%s\n", levin_cpu_last_error());
      exit(1);
    }
    for (int i = 0; i < threads; i++) {
      scratch.push_back(aligned_bytes(levin_cpu_scratch_bytes(type.dtype, shape.k)));
    }
  }

  void run(int copy, int thread, int threads) {
    levin_cpu_linear_args args = {};
    args.weight = weight.get() + copy * shape.n * row_bytes;
    args.row_stride = row_bytes;
    args.activations = activations.get();
    args.activations_bytes = activation_bytes;
    args.tokens = tokens;
    args.k = shape.k;
    args.n0 = shape.n / threads * thread;
    args.n1 = shape.n / threads * (thread + 1);
    args.out = out.data() + args.n0;
    args.out_stride = shape.n;
    args.scratch = scratch[(size_t)thread].get();
    args.scratch_bytes = levin_cpu_scratch_bytes(type.dtype, shape.k);
    args.dtype = type.dtype;
    if (levin_cpu_linear(&args) != LEVIN_CPU_OK) {
      fprintf(stderr, "%s\n", levin_cpu_last_error());
      exit(1);
    }
  }
};

double decode_rate(const Type& type, Shape shape, int threads) {
  int64_t bytes = shape.n * (shape.k / type.block_values * type.block_bytes);
  Layer layer(type, shape, 1, std::max<int64_t>(1, kStreamBytes / bytes), threads);
  double seconds = best_seconds(threads, [&](int i) {
    for (int copy = 0; copy < layer.copies; copy++) {
      layer.run(copy, i, threads);
    }
  });
  return (double)(bytes * layer.copies) / seconds;
}

double cached_rate(const Type& type, int64_t k) {
  int64_t row_bytes = k / type.block_values * type.block_bytes;
  Layer layer(type, {kCachedBytes / row_bytes, k}, 1, 1, 1);
  double seconds = best_processor_seconds(1, [&](int) {
    for (int i = 0; i < kCachedRepeats; i++) {
      layer.run(0, 0, 1);
    }
  });
  return (double)(layer.shape.n * row_bytes) * kCachedRepeats / seconds;
}

double prefill_rate(const Type& type, Shape shape, int threads) {
  Layer layer(type, shape, kPrefillTokens, 1, threads);
  double seconds = best_processor_seconds(threads, [&](int i) { layer.run(0, i, threads); });
  return 2.0 * (double)(shape.n * shape.k * kPrefillTokens) / seconds;
}

void bench(const Type& type, Shape shape, int threads, double bandwidth, double peak) {
  double decode = decode_rate(type, shape, threads);
  double cached = cached_rate(type, shape.k);
  printf("| %-7s | %6ld x %4ld | %5.1f | %3.0f %% | %5.1f |", type.name, shape.n, shape.k, decode / 1e9,
         100 * decode / bandwidth, cached / 1e9);
  if (shape.n > kMaxPrefillRows) {
    printf("       |       |\n");
    return;
  }
  double prefill = prefill_rate(type, shape, threads);
  printf(" %5.0f | %3.0f %% |\n", prefill / 1e9, 100 * prefill / peak);
}

}  // namespace

int main(int count, char** arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 1;
  const char* isa = count > 2 ? arguments[2] : "best";
  const char* only = count > 3 ? arguments[3] : "all";
  for (int32_t i = 0; i < LEVIN_CPU_ISA_COUNT; i++) {
    if (strcmp(isa, levin_cpu_isa_name(i)) == 0 && levin_cpu_force_isa(i) != LEVIN_CPU_OK) {
      fprintf(stderr, "%s\n", levin_cpu_last_error());
      return 1;
    }
  }
  double bandwidth = read_bandwidth(threads);
  double peak = fma_peak(threads);
  printf("%s, %d thread(s): read %.1f GB/s, FP32 multiply-add %.1f GFLOP/s\n\n", levin_cpu_isa_name(levin_cpu_isa()),
         threads, bandwidth / 1e9, peak / 1e9);
  printf("| dtype | n x k | decode GB/s | of bandwidth | in cache GB/s | prefill GFLOP/s | of peak |\n");
  printf("| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const Type& type : kTypes) {
    if (strcmp(only, "all") != 0 && strcmp(only, type.name) != 0) {
      continue;
    }
    for (const Shape& shape : kShapes) {
      bench(type, shape, threads, bandwidth, peak);
      if (strcmp(only, "all") == 0) {
        break;
      }
    }
  }
  return 0;
}
