/*
 * Attention over every cache type with every instruction set this machine runs, against softmax in double of the
 * same decoded keys and values; then the promises of levin_cpu.h: a row's bits do not depend on the rows beside
 * it, no byte is read past the cache, none written past the output, a reason for every refusal.
 */
#include <math.h>

#include <algorithm>
#include <numeric>

#include "check.h"
#include "weights.h"

namespace {

constexpr int64_t kCanaries = 5;
constexpr float kCanary = -12345.5f;
constexpr double kEpsilon = 0x1p-24;

/* Which keys of the slice a row sees. */
enum Sight { kAll, kCausal, kRandom, kTree };

struct Case {
  int64_t key_dim; /* rounded up to the dtype's blocks, as value_dim is */
  int64_t value_dim;
  int64_t page_size;
  int64_t from;
  int64_t to;
  int64_t rows;
  Sight sight;
  float soft_cap;
  bool shared; /* values are the first elements of keys */
};

constexpr Case kCases[] = {
    {64, 64, 16, 0, 1, 1, kAll, 0, false},          {1, 1, 1, 0, 3, 1, kAll, 0, false},
    {64, 64, 16, 0, 64, 1, kAll, 0, false},         {80, 48, 16, 0, 65, 1, kAll, 0, false},
    {128, 128, 16, 63, 64, 4, kAll, 0, false},      {17, 5, 7, 3, 70, 3, kCausal, 0, false},
    {64, 64, 16, 0, 200, 5, kCausal, 0, false},     {96, 96, 5, 60, 190, 8, kCausal, 30, false},
    {128, 64, 16, 64, 333, 9, kCausal, 0, false},   {576, 512, 64, 10, 150, 2, kAll, 0, true},
    {40, 24, 32, 0, 130, 17, kCausal, 0, true},     {64, 64, 16, 5, 261, 4, kRandom, 0, false},
    {33, 65, 3, 17, 145, 11, kRandom, 2.5f, false}, {64, 64, 16, 0, 100, 4, kTree, 0, false},
    {100, 20, 9, 37, 111, 13, kTree, 0, false},     {64, 64, 16, 7, 7, 3, kAll, 0, false},
};

/* Rows of a cache in pages that lie in no order, NaN wherever no key is. */
class Pages {
 public:
  Pages(const TypeInfo& type, int64_t dim, const Case& c)
      : row_bytes_(dim / type.block_values * type.block_bytes), stride_(row_bytes_ + 3), page_size_(c.page_size) {
    page_stride_ = page_size_ * stride_ + 7;
    int64_t last = std::max(c.to - 1, c.from);
    first_page_ = c.from / page_size_;
    page_count_ = last / page_size_ - first_page_ + 1;
    size_t bytes = (size_t)((page_count_ - 1) * page_stride_ + last % page_size_ * stride_ + row_bytes_);
    bytes_ = std::make_unique<GuardedBytes>(bytes);
    memset(bytes_->data(), 0xff, bytes);
  }

  int64_t count() const { return page_count_; }
  int64_t stride() const { return stride_; }
  int64_t page_stride() const { return page_stride_; }
  uint8_t* data() const { return bytes_->data(); }

  uint8_t* row(int64_t key, const std::vector<int32_t>& order) const {
    int64_t page = order[(size_t)(key / page_size_ - first_page_)];
    return bytes_->data() + page * page_stride_ + key % page_size_ * stride_;
  }

 private:
  int64_t row_bytes_;
  int64_t stride_;
  int64_t page_size_;
  int64_t page_stride_;
  int64_t first_page_;
  int64_t page_count_;
  std::unique_ptr<GuardedBytes> bytes_;
};

/* The last page lies last, so that its last key ends where memory does. */
std::vector<int32_t> shuffled(int64_t pages, std::mt19937& random) {
  std::vector<int32_t> order((size_t)pages);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end() - 1, random);
  return order;
}

int64_t in_blocks(const TypeInfo& type, int64_t dim) {
  return (dim + type.block_values - 1) / type.block_values * type.block_values;
}

struct Problem {
  const TypeInfo& type;
  Case c;
  std::mt19937 random;
  Pages keys;
  Pages values;
  std::vector<int32_t> pages;
  std::vector<double> key_values;   /* [to - from, key_dim] */
  std::vector<double> value_values; /* [to - from, value_dim] */
  std::vector<float> queries;       /* [rows, key_dim] */
  std::vector<int32_t> firsts;
  std::vector<int32_t> ends;
  std::vector<int32_t> tree_mask; /* [rows, tree_words] */
  int64_t tree_words = 0;
  int64_t first_own = 0;
  float scale = 1;

  Problem(const TypeInfo& type, const WeightPool& pool, const Case& c);

  int64_t key_count() const { return c.to - c.from; }
  const uint8_t* value_data() const { return c.shared ? nullptr : values.data(); }
  bool sees(int64_t row, int64_t key) const;

 private:
  void draw_sight();
};

Problem::Problem(const TypeInfo& type, const WeightPool& pool, const Case& c)
    : type(type),
      c(c),
      random(kSeed + (uint32_t)(c.key_dim * 1000 + c.to)),
      keys(type, c.key_dim, c),
      values(type, c.value_dim, c),
      pages(shuffled(keys.count(), random)),
      key_values((size_t)(key_count() * c.key_dim)),
      value_values((size_t)(key_count() * c.value_dim)) {
  for (int64_t i = 0; i < key_count(); i++) {
    double* key = &key_values[(size_t)(i * c.key_dim)];
    double* value = &value_values[(size_t)(i * c.value_dim)];
    pool.draw_row(random, c.key_dim, keys.row(c.from + i, pages), key);
    if (c.shared) {
      std::copy(key, key + c.value_dim, value);
    } else {
      pool.draw_row(random, c.value_dim, values.row(c.from + i, pages), value);
    }
  }
  std::normal_distribution<float> normal;
  queries.resize((size_t)(c.rows * c.key_dim));
  std::generate(queries.begin(), queries.end(), [&] { return normal(random); });
  /* Scores that differ by a few, so that no key has all the weight. */
  double squares = 0;
  for (double value : key_values) {
    squares += value * value;
  }
  scale = squares == 0 ? 1 : (float)(2 / sqrt(squares / (double)key_count()));
  draw_sight();
}

void Problem::draw_sight() {
  std::uniform_int_distribution<int32_t> any((int32_t)c.from, (int32_t)c.to);
  for (int64_t r = 0; r < c.rows; r++) {
    int64_t end = c.sight == kCausal ? std::max(c.from, c.to - c.rows + r + 1) : c.to;
    firsts.push_back(c.sight == kRandom ? any(random) : (int32_t)c.from);
    ends.push_back(c.sight == kRandom ? any(random) : (int32_t)end);
  }
  if (c.sight == kTree) {
    first_own = c.to - c.rows;
    tree_words = (c.rows + 31) / 32;
    tree_mask.resize((size_t)(c.rows * tree_words));
    std::generate(tree_mask.begin(), tree_mask.end(), [&] { return (int32_t)random(); });
  }
}

bool Problem::sees(int64_t row, int64_t key) const {
  if (key < firsts[(size_t)row] || key >= ends[(size_t)row]) {
    return false;
  }
  int64_t bit = key - first_own;
  return tree_mask.empty() || bit < 0 ||
         ((uint32_t)tree_mask[(size_t)(row * tree_words + bit / 32)] >> bit % 32 & 1) != 0;
}

/* What the kernel makes of some rows. */
struct Output {
  std::vector<float> sums; /* [rows, value_dim] */
  std::vector<float> maxima;
  std::vector<float> totals;
};

void expect_canaries(const std::vector<float>& values, size_t count, const Problem& problem) {
  for (size_t i = count; i < values.size(); i++) {
    EXPECT(values[i] == kCanary, "%s wrote past its output", problem.type.name);
  }
}

template <typename T>
std::vector<T> chosen(const std::vector<T>& all, int64_t width, const std::vector<int64_t>& rows) {
  std::vector<T> result;
  for (int64_t row : rows) {
    result.insert(result.end(), all.begin() + row * width, all.begin() + (row + 1) * width);
  }
  return result;
}

Output attend(const Problem& problem, const std::vector<int64_t>& rows) {
  const Case& c = problem.c;
  auto queries = chosen(problem.queries, c.key_dim, rows);
  auto firsts = chosen(problem.firsts, 1, rows);
  auto ends = chosen(problem.ends, 1, rows);
  auto tree_mask =
      problem.tree_mask.empty() ? problem.tree_mask : chosen(problem.tree_mask, problem.tree_words, rows);
  size_t count = rows.size();
  Output out;
  out.sums.assign(count * (size_t)c.value_dim + kCanaries, kCanary);
  out.maxima.assign(count + kCanaries, kCanary);
  out.totals.assign(count + kCanaries, kCanary);
  int64_t scratch_bytes = levin_cpu_attend_scratch_bytes((int64_t)count, c.key_dim, c.value_dim);
  auto scratch = poisoned_bytes(scratch_bytes);
  levin_cpu_attend_args args = {};
  args.keys = problem.keys.data();
  args.values = problem.value_data();
  args.key_page_stride = problem.keys.page_stride();
  args.key_stride = problem.keys.stride();
  args.value_page_stride = problem.values.page_stride();
  args.value_stride = problem.values.stride();
  args.pages = problem.pages.data();
  args.page_size = c.page_size;
  args.from = c.from;
  args.to = c.to;
  args.queries = queries.data();
  args.firsts = firsts.data();
  args.ends = ends.data();
  args.tree_mask = tree_mask.empty() ? nullptr : tree_mask.data();
  args.tree_words = problem.tree_words;
  args.first_own = problem.first_own;
  args.rows = (int64_t)count;
  args.key_dim = c.key_dim;
  args.value_dim = c.value_dim;
  args.sums = out.sums.data();
  args.maxima = out.maxima.data();
  args.totals = out.totals.data();
  args.scratch = scratch.get();
  args.scratch_bytes = scratch_bytes;
  args.scale = problem.scale;
  args.soft_cap = c.soft_cap;
  args.dtype = problem.type.dtype;
  levin_cpu_status status =
      count % 2 == 0 ? levin_cpu_attend(&args) : levin_cpu_attend_over(args.keys, args.values, &args);
  EXPECT(status == LEVIN_CPU_OK, "%s", levin_cpu_last_error());
  expect_canaries(out.sums, count * (size_t)c.value_dim, problem);
  expect_canaries(out.maxima, count, problem);
  expect_canaries(out.totals, count, problem);
  return out;
}

/* A key's score, and by how much a float one may miss it. */
struct Score {
  double value;
  double error;
};

Score score(const Problem& problem, int64_t row, int64_t key) {
  const Case& c = problem.c;
  double sum = 0;
  double magnitude = 0;
  for (int64_t i = 0; i < c.key_dim; i++) {
    double product = (double)problem.queries[(size_t)(row * c.key_dim + i)] *
                     problem.key_values[(size_t)((key - c.from) * c.key_dim + i)];
    sum += product;
    magnitude += fabs(product);
  }
  double value = sum * problem.scale;
  double error = kEpsilon * ((double)c.key_dim / 16 + 8) * magnitude * problem.scale;
  if (c.soft_cap > 0) {
    value = tanh(value / c.soft_cap) * c.soft_cap;
    error += 8 * kEpsilon * c.soft_cap;
  }
  return {value, error};
}

void expect_near(const Problem& problem, const char* isa, const char* what, int64_t row, int64_t column,
                 double got, double want, double bound) {
  const Case& c = problem.c;
  EXPECT(fabs(got - want) <= bound,
         "%s %s dims %ld, %ld keys [%ld,%ld) rows %ld: %s(%ld,%ld) is %.9g, want %.9g +- %.3g", isa,
         problem.type.name, c.key_dim, c.value_dim, c.from, c.to, c.rows, what, row, column, got, want, bound);
}

void check_row(const Problem& problem, const Output& out, int64_t row, const char* isa) {
  const Case& c = problem.c;
  std::vector<int64_t> keys;
  std::vector<Score> scores;
  Score greatest = {-INFINITY, 0};
  for (int64_t key = c.from; key < c.to; key++) {
    if (problem.sees(row, key)) {
      keys.push_back(key);
      scores.push_back(score(problem, row, key));
      greatest.value = std::max(greatest.value, scores.back().value);
      greatest.error = std::max(greatest.error, scores.back().error);
    }
  }
  const float* sums = &out.sums[(size_t)(row * c.value_dim)];
  double max = out.maxima[(size_t)row];
  double total = out.totals[(size_t)row];
  if (keys.empty()) {
    EXPECT(max == -INFINITY && total == 0, "%s %s: row %ld sees no key", isa, problem.type.name, row);
    EXPECT(std::all_of(sums, sums + c.value_dim, [](float sum) { return sum == 0; }),
           "%s %s: row %ld sees no value", isa, problem.type.name, row);
    return;
  }
  expect_near(problem, isa, "maximum", row, 0, max, greatest.value,
              greatest.error + kEpsilon * fabs(greatest.value));
  /* Relative errors of weights: of the score, of its distance from the greatest, of exp and of adding up. */
  double steps = (double)keys.size() + 32;
  std::vector<double> weights;
  std::vector<double> errors;
  double sum_of_weights = 0;
  double sum_of_errors = 0;
  for (const Score& s : scores) {
    double distance = greatest.value - s.value;
    weights.push_back(exp(-distance));
    errors.push_back(s.error + greatest.error + kEpsilon * (4 * distance + steps));
    sum_of_weights += weights.back();
    sum_of_errors += weights.back() * errors.back();
  }
  double want_lse = greatest.value + log(sum_of_weights);
  double relative = sum_of_errors / sum_of_weights;
  expect_near(problem, isa, "log-sum-exp", row, 0, max + log(total), want_lse,
              relative + 2 * kEpsilon * fabs(want_lse));
  for (int64_t i = 0; i < c.value_dim; i++) {
    double want = 0;
    double bound = 1e-30;
    for (size_t j = 0; j < keys.size(); j++) {
      double value = problem.value_values[(size_t)((keys[j] - c.from) * c.value_dim + i)];
      double weight = weights[j] / sum_of_weights;
      want += weight * value;
      bound += weight * fabs(value) * (errors[j] + relative);
    }
    expect_near(problem, isa, "output", row, i, sums[i] / total, want, bound);
  }
}

bool same_row(const Problem& problem, const Output& a, int64_t row_a, const Output& b, int64_t row_b) {
  size_t dim = (size_t)problem.c.value_dim;
  return memcmp(&a.sums[(size_t)row_a * dim], &b.sums[(size_t)row_b * dim], dim * sizeof(float)) == 0 &&
         memcmp(&a.maxima[(size_t)row_a], &b.maxima[(size_t)row_b], sizeof(float)) == 0 &&
         memcmp(&a.totals[(size_t)row_a], &b.totals[(size_t)row_b], sizeof(float)) == 0;
}

/* The same bits in other company: the first rows alone, then more of them, and all in reverse. */
void check_bits(const Problem& problem, const Output& whole, const char* isa) {
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < problem.c.rows; r++) {
    rows.insert(rows.begin(), r);
    Output part = attend(problem, rows);
    for (size_t i = 0; i < rows.size(); i++) {
      EXPECT(same_row(problem, part, (int64_t)i, whole, rows[i]), "%s %s: row %ld differs among %zu", isa,
             problem.type.name, rows[i], rows.size());
    }
  }
}

void check_type(const TypeInfo& type) {
  WeightPool pool(type);
  for (Case c : kCases) {
    c.key_dim = in_blocks(type, c.key_dim);
    c.value_dim = in_blocks(type, c.value_dim);
    Problem problem(type, pool, c);
    std::vector<int64_t> rows((size_t)c.rows);
    std::iota(rows.begin(), rows.end(), 0);
    for (int32_t isa = 0; isa < LEVIN_CPU_ISA_COUNT; isa++) {
      if (levin_cpu_force_isa(isa) != LEVIN_CPU_OK) {
        continue;
      }
      const char* name = levin_cpu_isa_name(isa);
      Output whole = attend(problem, rows);
      for (int64_t row : rows) {
        check_row(problem, whole, row, name);
      }
      check_bits(problem, whole, name);
    }
  }
}

void check_refusals() {
  expect_refusal(levin_cpu_attend(nullptr), LEVIN_CPU_INVALID_ARGUMENT, "args");
  expect_refusal(levin_cpu_attend_over(nullptr, nullptr, nullptr), LEVIN_CPU_INVALID_ARGUMENT, "args");
  EXPECT(levin_cpu_attends(LEVIN_CPU_DTYPE_Q4_K) == 0, "no cache is of Q4_K");
  EXPECT(levin_cpu_attend_scratch_bytes(-1, 64, 64) == -1, "rows below 0");
  levin_cpu_attend_args args = {};
  args.dtype = LEVIN_CPU_DTYPE_Q4_K;
  expect_refusal(levin_cpu_attend(&args), LEVIN_CPU_UNSUPPORTED, "12");
  args.dtype = LEVIN_CPU_DTYPE_Q8_0;
  args.key_dim = 33;
  expect_refusal(levin_cpu_attend(&args), LEVIN_CPU_INVALID_ARGUMENT, "key_dim");
  args.key_dim = 32;
  args.to = -1;
  expect_refusal(levin_cpu_attend(&args), LEVIN_CPU_INVALID_ARGUMENT, "to");
  args.to = 0;
  expect_refusal(levin_cpu_attend(&args), LEVIN_CPU_INVALID_ARGUMENT, "page_size");
}

}  // namespace

int main(int argc, char** argv) {
  print_isas(argc, argv);
  for (const TypeInfo& type : all_types()) {
    if (levin_cpu_attends(type.dtype)) {
      check_type(type);
    }
  }
  check_refusals();
  return report();
}
