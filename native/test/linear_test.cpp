/*
 * Every dtype with every instruction set this machine runs, against sums in double of the same rounded
 * activations; then the promises of levin_cpu.h: bits that depend on nothing but a row and a token, no
 * byte read past the weights, none written past the output, a reason for every refusal.
 */
#include <math.h>

#include "check.h"
#include "weights.h"

namespace {

constexpr int64_t kMaxTokens = 13;
constexpr int64_t kCanaries = 5;
constexpr float kCanary = -12345.5f;

/* Whether the compiler may fuse a multiplication and an addition: then bits are those of every other such set. */
bool is_fused([[maybe_unused]] int32_t isa) {
#if defined(__ARM_FEATURE_FMA)
  return true;
#else
  return isa != LEVIN_CPU_ISA_PORTABLE;
#endif
}

int32_t best_isa = 0;

/* One weight matrix, its values, and activations with the values they are rounded to. */
struct Problem {
  const TypeInfo& type;
  int64_t n;
  int64_t k;
  int64_t row_bytes;
  std::unique_ptr<GuardedBytes> weight;
  std::vector<double> weight_values;
  std::unique_ptr<GuardedBytes> x;
  std::vector<double> rounded;

  Problem(const TypeInfo& type, const WeightPool& pool, int64_t n, int64_t k);

  const float* x_row(int64_t t) const { return (const float*)x->data() + t * k; }
};

void round_block(const float* x, int count, double* rounded) {
  float largest = 0;
  for (int i = 0; i < count; i++) {
    largest = fmaxf(largest, fabsf(x[i]));
  }
  for (int i = 0; i < count; i++) {
    rounded[i] = largest == 0 ? 0 : (double)(largest / 127.0f) * rintf(x[i] * (127.0f / largest));
  }
}

Problem::Problem(const TypeInfo& type, const WeightPool& pool, int64_t n, int64_t k)
    : type(type), n(n), k(k), row_bytes(k / type.block_values * type.block_bytes) {
  std::mt19937 random(kSeed + (uint32_t)(n * 1000 + k));
  weight = std::make_unique<GuardedBytes>((size_t)(n * row_bytes));
  weight_values.resize((size_t)(n * k));
  for (int64_t r = 0; r < n; r++) {
    pool.draw_row(random, k, weight->data() + r * row_bytes, &weight_values[(size_t)(r * k)]);
  }
  /* Peaky, as activations are, with a block of zeros now and then. */
  std::normal_distribution<float> normal;
  x = std::make_unique<GuardedBytes>((size_t)(kMaxTokens * k) * sizeof(float));
  float* values = (float*)x->data();
  rounded.resize((size_t)(kMaxTokens * k));
  for (int64_t i = 0; i < kMaxTokens * k; i++) {
    float value = normal(random);
    values[i] = i / 32 % 7 == 3 ? 0 : i % 61 == 0 ? 20 * value : value;
    rounded[(size_t)i] = values[i];
  }
  int block = levin_cpu_rounds_activations(type.dtype);
  for (int64_t i = 0; block > 0 && i < kMaxTokens * k; i += block) {
    round_block(values + i, block, &rounded[(size_t)i]);
  }
}

/* Results of tokens [first, first + tokens) and rows [n0, n1), canaries checked. */
std::vector<float> multiply(const Problem& problem, int64_t first, int64_t tokens, int64_t n0, int64_t n1,
                            const int32_t* rows) {
  const int32_t dtype = problem.type.dtype;
  int64_t prepared = rows != nullptr ? kMaxTokens : tokens;
  int64_t bytes = levin_cpu_activation_bytes(dtype, prepared, problem.k);
  auto activations = poisoned_bytes(bytes);
  levin_cpu_prepare_args prepare = {};
  prepare.x = problem.x_row(first);
  prepare.x_stride = problem.k;
  prepare.activations = activations.get();
  prepare.activations_bytes = bytes;
  prepare.tokens = prepared;
  prepare.k = problem.k;
  prepare.dtype = dtype;
  EXPECT(levin_cpu_prepare(&prepare) == LEVIN_CPU_OK, "%s", levin_cpu_last_error());

  int64_t scratch_bytes = levin_cpu_scratch_bytes(dtype, problem.k);
  auto scratch = poisoned_bytes(scratch_bytes);
  int64_t stride = n1 - n0 + kCanaries;
  std::vector<float> out((size_t)(tokens * stride), kCanary);
  levin_cpu_linear_args args = {};
  const void* weight = problem.weight->data();
  args.weight = weight;
  args.row_stride = problem.row_bytes;
  args.activations = activations.get();
  args.activations_bytes = bytes;
  args.rows = rows;
  args.tokens = tokens;
  args.k = problem.k;
  args.n0 = n0;
  args.n1 = n1;
  args.out = out.data();
  args.out_stride = stride;
  args.scratch = scratch.get();
  args.scratch_bytes = scratch_bytes;
  args.dtype = dtype;
  levin_cpu_status status = tokens % 2 == 0 ? levin_cpu_linear(&args) : levin_cpu_linear_over(weight, &args);
  EXPECT(status == LEVIN_CPU_OK, "%s", levin_cpu_last_error());

  std::vector<float> results;
  for (int64_t t = 0; t < tokens; t++) {
    auto row = out.begin() + t * stride;
    results.insert(results.end(), row, row + (n1 - n0));
    for (int64_t i = n1 - n0; i < stride; i++) {
      EXPECT(row[i] == kCanary, "%s wrote past its output", problem.type.name);
    }
  }
  return results;
}

void check_values(const Problem& problem, const std::vector<float>& results, const char* isa) {
  for (int64_t t = 0; t < kMaxTokens; t++) {
    for (int64_t r = 0; r < problem.n; r++) {
      double want = 0;
      double magnitude = 0;
      for (int64_t i = 0; i < problem.k; i++) {
        double product = problem.weight_values[(size_t)(r * problem.k + i)] * problem.rounded[(size_t)(t * problem.k + i)];
        want += product;
        magnitude += fabs(product);
      }
      /* Minima cancel codes, so errors are relative to more than the products' own size. */
      double bound = 4e-6 * magnitude + 1e-30;
      double got = results[(size_t)(t * problem.n + r)];
      EXPECT(fabs(got - want) <= bound, "%s %s n=%ld k=%ld at (%ld,%ld): got %.9g want %.9g bound %.3g", isa,
             problem.type.name, problem.n, problem.k, t, r, got, want, bound);
    }
  }
}

/* The same bits for fewer tokens, for chosen ones, and for parts of the rows. */
void check_bits(const Problem& problem, const std::vector<float>& whole, const char* isa) {
  for (int64_t tokens = 1; tokens < kMaxTokens; tokens++) {
    int64_t first = kMaxTokens - tokens;
    std::vector<float> part = multiply(problem, first, tokens, 0, problem.n, nullptr);
    EXPECT(memcmp(part.data(), &whole[(size_t)(first * problem.n)], part.size() * sizeof(float)) == 0,
           "%s %s n=%ld k=%ld: %ld tokens differ from %ld", isa, problem.type.name, problem.n, problem.k, tokens,
           kMaxTokens);
  }
  const int32_t rows[] = {12, 0, 7, 7, 3, 11};
  std::vector<float> chosen = multiply(problem, 0, 6, 0, problem.n, rows);
  for (int i = 0; i < 6; i++) {
    EXPECT(memcmp(&chosen[(size_t)(i * problem.n)], &whole[(size_t)(rows[i] * problem.n)],
                  (size_t)problem.n * sizeof(float)) == 0,
           "%s %s: chosen token %d differs", isa, problem.type.name, i);
  }
  for (int64_t n0 = 0; n0 < problem.n; n0 += 5) {
    int64_t n1 = n0 + 7 < problem.n ? n0 + 7 : problem.n;
    for (int64_t tokens : {(int64_t)1, kMaxTokens}) {
      std::vector<float> part = multiply(problem, 0, tokens, n0, n1, nullptr);
      for (int64_t t = 0; t < tokens; t++) {
        EXPECT(memcmp(&part[(size_t)(t * (n1 - n0))], &whole[(size_t)(t * problem.n + n0)],
                      (size_t)(n1 - n0) * sizeof(float)) == 0,
               "%s %s: rows [%ld, %ld) differ", isa, problem.type.name, n0, n1);
      }
    }
  }
}

std::vector<int64_t> lengths(const TypeInfo& type) {
  if (type.block_values == 1) {
    return {1, 15, 16, 17, 100, 353};
  }
  if (type.block_values == 256) {
    return {256, 512, 1280};
  }
  int64_t block = type.block_values;
  return {block, 3 * block, 256, 256 + block, 9 * block + 256};
}

void check_type(const TypeInfo& type) {
  WeightPool pool(type);
  for (int64_t k : lengths(type)) {
    for (int64_t n : {1, 16, 35}) {
      levin_cpu_force_isa(best_isa);
      Problem problem(type, pool, n, k);
      std::vector<float> fused;
      for (int32_t isa = 0; isa < LEVIN_CPU_ISA_COUNT; isa++) {
        if (levin_cpu_force_isa(isa) != LEVIN_CPU_OK || !levin_cpu_supports(type.dtype)) {
          continue;
        }
        const char* name = levin_cpu_isa_name(isa);
        std::vector<float> whole = multiply(problem, 0, kMaxTokens, 0, n, nullptr);
        check_values(problem, whole, name);
        check_bits(problem, whole, name);
        if (is_fused(isa)) {
          EXPECT(fused.empty() || fused == whole, "%s %s differs from another instruction set", name, type.name);
          fused = whole;
        }
      }
    }
  }
}

/* Values without a number must not become one, whatever the block they are rounded with. */
void check_not_a_number() {
  for (const TypeInfo& type : all_types()) {
    if (!levin_cpu_supports(type.dtype)) {
      continue;
    }
    WeightPool pool(type);
    int64_t k = 2 * (type.block_values == 1 ? 32 : type.block_values);
    Problem problem(type, pool, 3, k);
    float* x = (float*)problem.x->data();
    x[k - 1] = NAN;
    std::vector<float> results = multiply(problem, 0, kMaxTokens, 0, 3, nullptr);
    for (int64_t i = 0; i < kMaxTokens * 3; i++) {
      EXPECT(isnan(results[(size_t)i]) == (i < 3), "%s: result %ld is %g", type.name, i, results[(size_t)i]);
    }
  }
}

void check_refusals() {
  EXPECT(levin_cpu_isa_name(LEVIN_CPU_ISA_COUNT) == nullptr, "a name for nothing");
  expect_refusal(levin_cpu_force_isa(99), LEVIN_CPU_INVALID_ARGUMENT, "99");
  EXPECT(levin_cpu_supports(9999) == 0, "an unknown dtype is supported");
  EXPECT(levin_cpu_activation_bytes(LEVIN_CPU_DTYPE_Q4_0, 1, 33) == -1, "half a block");
  EXPECT(levin_cpu_activation_bytes(LEVIN_CPU_DTYPE_Q4_0, -1, 32) == -1, "tokens below 0");
  EXPECT(levin_cpu_scratch_bytes(LEVIN_CPU_DTYPE_Q4_0, INT64_MAX - 31) == -1, "a length beyond any");
  expect_refusal(levin_cpu_linear(nullptr), LEVIN_CPU_INVALID_ARGUMENT, "args");
  expect_refusal(levin_cpu_linear_over(nullptr, nullptr), LEVIN_CPU_INVALID_ARGUMENT, "args");
  levin_cpu_linear_args args = {};
  args.dtype = 9999;
  expect_refusal(levin_cpu_linear(&args), LEVIN_CPU_UNSUPPORTED, "9999");
  args.dtype = LEVIN_CPU_DTYPE_Q8_0;
  args.k = 32;
  EXPECT(levin_cpu_linear(&args) == LEVIN_CPU_OK, "nothing to do");
  args.tokens = 1;
  args.n1 = 1;
  expect_refusal(levin_cpu_linear(&args), LEVIN_CPU_INVALID_ARGUMENT, "weight");
  args.k = 31;
  expect_refusal(levin_cpu_linear(&args), LEVIN_CPU_INVALID_ARGUMENT, "k");
}

}  // namespace

int main(int argc, char** argv) {
  best_isa = levin_cpu_isa();
  print_isas(argc, argv);
  for (const TypeInfo& type : all_types()) {
    check_type(type);
  }
  levin_cpu_force_isa(best_isa);
  check_not_a_number();
  check_refusals();
  return report();
}
