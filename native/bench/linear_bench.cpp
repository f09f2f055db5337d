/*
 * levin_cpu_bench [threads] [isa] [dtype,...]: decode (one token) against the measured read bandwidth and
 * prefill (128 tokens) against the measured FP32 multiply-add peak, at the shapes of a 1-billion Llama.
 *
 * levin_cpu_bench once ISA DTYPE: one token with 512 rows of 2048, once, for a tool that counts instructions:
 *   valgrind --tool=callgrind --toggle-collect=levin_cpu_linear levin_cpu_bench once avx2 TQ2_0
 *
 * Where no memory is waited for, a time is the best processor time of several passes, so that what else the
 * machine does weighs less. Decode walks through more copies of a matrix than caches hold; the bandwidth is
 * read before and after each of its passes, since that of a shared machine changes by the second, and the
 * medians over the passes are printed. "In cache" is the same kernel over a matrix that the second-level
 * cache holds: what it could do with more bandwidth, one thread.
 */
#include <math.h>
#include <sched.h>
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
#include <string>
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
    {"I2_S", LEVIN_CPU_DTYPE_I2_S, 128, 32},      {"MXFP4", LEVIN_CPU_DTYPE_MXFP4, 32, 17},     {"NVFP4", LEVIN_CPU_DTYPE_NVFP4, 64, 36},
    {"F16", LEVIN_CPU_DTYPE_F16, 1, 2},           {"BF16", LEVIN_CPU_DTYPE_BF16, 1, 2},
    {"F8_E4M3", LEVIN_CPU_DTYPE_F8_E4M3, 1, 1},   {"F8_E5M2", LEVIN_CPU_DTYPE_F8_E5M2, 1, 1},
    {"F32", LEVIN_CPU_DTYPE_F32, 1, 4},
    {"TQ2_0/tables", LEVIN_CPU_DTYPE_TQ2_0 | LEVIN_CPU_DTYPE_TABLES, 256, 66},
    {"I2_S/tables", LEVIN_CPU_DTYPE_I2_S | LEVIN_CPU_DTYPE_TABLES, 128, 32},
};

struct Shape {
  int64_t n;
  int64_t k;
};

constexpr Shape kShapes[] = {{2048, 2048}, {512, 2048}, {8192, 2048}, {2048, 8192}, {128256, 2048}};

constexpr Shape kOnce = {512, 2048};

constexpr int64_t kStreamBytes = INT64_C(192) << 20;
constexpr int64_t kReadBytes = INT64_C(128) << 20;
constexpr int64_t kLine = 64;
constexpr int64_t kPrefillTokens = 128;
constexpr int64_t kMaxPrefillRows = 10000;
constexpr int64_t kCachedBytes = 256 << 10;
constexpr int kCachedRepeats = 200;
constexpr int kPasses = 5;
constexpr int kDecodePasses = 9;

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

/* Two threads of one processor would look like a machine with half its bandwidth. */
void stay_on_processor([[maybe_unused]] int index) {
#if defined(__linux__)
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(index, &one);
  sched_setaffinity(0, sizeof(one), &one);
#endif
}

/* Seconds in which every thread does its share. */
double seconds(int threads, const std::function<void(int)>& share) {
  std::atomic<int> ready{0};
  stay_on_processor(0);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; i++) {
    others.emplace_back([&, i] {
      stay_on_processor(i);
      ready++;
      while (ready.load() < threads) {
      }
      share(i);
    });
  }
  while (ready.load() < threads - 1) {
  }
  auto start = std::chrono::steady_clock::now();
  ready++;
  share(0);
  for (std::thread& other : others) {
    other.join();
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return took.count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
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

/* Reads bytes as streams that lie as far apart as can be. */
template <int kStreams>
uint64_t read_streams(const uint8_t* memory, int64_t bytes) {
  const int64_t part = bytes / kStreams / kLine * kLine;
  uint64_t sums[kStreams] = {};
  for (int64_t at = 0; at < part; at += kLine) {
    for (int stream = 0; stream < kStreams; stream++) {
      const uint64_t* line = (const uint64_t*)(memory + stream * part + at);
      sums[stream] += line[0] + line[1] + line[2] + line[3] + line[4] + line[5] + line[6] + line[7];
    }
  }
  uint64_t sum = 0;
  for (uint64_t part_sum : sums) {
    sum += part_sum;
  }
  return sum;
}

/* Reads memory that no cache holds, in whichever way is fastest here. */
class Reader {
 public:
  Reader() : memory_(aligned_bytes(kReadBytes)) {}

  /* Bytes a second at this moment. */
  double rate(int threads) {
    double best = 0;
    for (auto read : {read_streams<1>, read_streams<2>, read_streams<4>}) {
      double took = seconds(threads, [&](int i) {
        sink_ += read(memory_.get() + kReadBytes / threads * i, kReadBytes / threads);
      });
      best = std::max(best, kReadBytes / took);
    }
    return best;
  }

 private:
  Bytes memory_;
  std::atomic<uint64_t> sink_{0};
};

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
  double took = best_processor_seconds(threads, [&](int) { sink += (int)multiply_adds(kCount); });
  return 16.0 * kCount * threads / took;
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

struct Decode {
  double rate;         /* bytes a second */
  double of_bandwidth; /* as a part of 1 */
};

Decode decode(const Type& type, Shape shape, int threads, Reader& reader) {
  int64_t bytes = shape.n * (shape.k / type.block_values * type.block_bytes);
  Layer layer(type, shape, 1, std::max<int64_t>(1, kStreamBytes / bytes), threads);
  std::vector<double> rates;
  std::vector<double> parts;
  double before = reader.rate(threads);
  for (int pass = 0; pass < kDecodePasses; pass++) {
    double took = seconds(threads, [&](int i) {
      for (int copy = 0; copy < layer.copies; copy++) {
        layer.run(copy, i, threads);
      }
    });
    double after = reader.rate(threads);
    rates.push_back((double)(bytes * layer.copies) / took);
    parts.push_back(rates.back() / std::max(before, after));
    before = after;
  }
  return {median(rates), median(parts)};
}

double cached_rate(const Type& type, int64_t k) {
  int64_t row_bytes = k / type.block_values * type.block_bytes;
  Layer layer(type, {kCachedBytes / row_bytes, k}, 1, 1, 1);
  double took = best_processor_seconds(1, [&](int) {
    for (int i = 0; i < kCachedRepeats; i++) {
      layer.run(0, 0, 1);
    }
  });
  return (double)(layer.shape.n * row_bytes) * kCachedRepeats / took;
}

double prefill_rate(const Type& type, Shape shape, int threads) {
  Layer layer(type, shape, kPrefillTokens, 1, threads);
  double took = best_processor_seconds(threads, [&](int i) { layer.run(0, i, threads); });
  return 2.0 * (double)(shape.n * shape.k * kPrefillTokens) / took;
}

void bench(const Type& type, Shape shape, int threads, Reader& reader, double peak) {
  Decode decoded = decode(type, shape, threads, reader);
  double cached = cached_rate(type, shape.k);
  printf("| %-7s | %6ld x %4ld | %5.1f | %3.0f %% | %5.1f |", type.name, shape.n, shape.k,
         decoded.rate / 1e9, 100 * decoded.of_bandwidth, cached / 1e9);
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
  std::string only = count > 3 ? arguments[3] : "";
  for (int32_t i = 0; i < LEVIN_CPU_ISA_COUNT; i++) {
    if (strcmp(isa, levin_cpu_isa_name(i)) == 0 && levin_cpu_force_isa(i) != LEVIN_CPU_OK) {
      fprintf(stderr, "%s\n", levin_cpu_last_error());
      return 1;
    }
  }
  if (strcmp(arguments[count > 1 ? 1 : 0], "once") == 0) {
    for (const Type& type : kTypes) {
      if (only == type.name) {
        Layer(type, kOnce, 1, 1, 1).run(0, 0, 1);
      }
    }
    return 0;
  }
  Reader reader;
  double peak = fma_peak(threads);
  printf("%s, %d thread(s): read %.1f GB/s, FP32 multiply-add %.1f GFLOP/s\n\n", levin_cpu_isa_name(levin_cpu_isa()),
         threads, reader.rate(threads) / 1e9, peak / 1e9);
  printf("| dtype | n x k | decode GB/s | of bandwidth | in cache GB/s | prefill GFLOP/s | of peak |\n");
  printf("| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const Type& type : kTypes) {
    if (!only.empty() && ("," + only + ",").find("," + std::string(type.name) + ",") == std::string::npos) {
      continue;
    }
    if (!levin_cpu_supports(type.dtype)) {
      continue;
    }
    for (const Shape& shape : kShapes) {
      bench(type, shape, threads, reader, peak);
      if (only != type.name) {
        break;
      }
    }
  }
  return 0;
}
