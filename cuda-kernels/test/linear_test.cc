// Decoding to the bit, and products of every format against float64 over the same values: dense, by head and by
// expert, with the same bits for any number of tokens.
#include "levin/kernels/linear.h"

#include "golden.h"
#include "levin/kernels/rows.h"

using namespace levin;
using namespace levin::test;

namespace {

struct Weights {
  std::string name;
  DType dtype;
  std::vector<uint8_t> bytes;
  std::vector<float> values;
  int64_t row_bytes;
};

void check_decoding(const Weights& w, int64_t rows, int64_t k) {
  const Device<uint8_t> blocks(w.bytes);
  const Device<float> out(static_cast<size_t>(rows * k));
  DecodeRowsParams p = {};
  p.x = {blocks.get(), w.row_bytes};
  p.out = {out.get(), k * 4};
  p.rows = rows;
  p.size = k;
  p.dtype = w.dtype;
  if (finished(decode_rows(p, nullptr), "decode " + w.name)) {
    check_same_bits("decode " + w.name, out.read(), {w.values.begin(), w.values.begin() + rows * k});
  }
}

std::vector<float> multiply(const Weights& w, const std::vector<float>& x, int64_t first, int64_t tokens,
                            int64_t n, int64_t k) {
  const Device<uint8_t> weight(w.bytes);
  const Device<float> input({x.begin() + first * k, x.begin() + (first + tokens) * k});
  const Device<float> out(static_cast<size_t>(tokens * n));
  LinearParams p = {};
  p.x = {input.bytes(), k * 4, 0};
  p.weight = {weight.get(), 0, w.row_bytes};
  p.out = {out.bytes(), n * 4, 0};
  p.tokens = tokens;
  p.heads = 1;
  p.n = n;
  p.k = k;
  p.dtype = w.dtype;
  p.scale = 1;
  finished(linear(p, nullptr), "linear " + w.name);
  return out.read();
}

double length(const float* values, int64_t k) {
  double sum = 0;
  for (int64_t i = 0; i < k; ++i) {
    sum += static_cast<double>(values[i]) * values[i];
  }
  return std::sqrt(sum);
}

void check_products(const Weights& w, int64_t tokens, int64_t n, int64_t k, int64_t k_of_file) {
  const std::vector<float> x = peaky(static_cast<size_t>(tokens * k), 7);
  const std::vector<float> whole = multiply(w, x, 0, tokens, n, k);
  double worst = 0;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t r = 0; r < n; ++r) {
      double sum = 0;
      for (int64_t i = 0; i < k; ++i) {
        sum += static_cast<double>(x[t * k + i]) * w.values[r * k_of_file + i];
      }
      const double unit = length(&x[t * k], k) * length(&w.values[r * k_of_file], k) + 1e-30;
      worst = std::fmax(worst, std::fabs(whole[t * n + r] - sum) / unit);
      if (std::isnan(whole[t * n + r])) {
        worst = NAN;
        break;
      }
    }
  }
  if (!(worst < 2e-5)) {
    fail("linear " + w.name + ": error " + std::to_string(worst) + " of the lengths");
  }
  for (int64_t chunk : {1, 3, 16}) {
    for (int64_t first = 0; first < tokens; first += chunk) {
      const int64_t count = std::min(chunk, tokens - first);
      check_same_bits("linear " + w.name + " in chunks of " + std::to_string(chunk),
                      multiply(w, x, first, count, n, k),
                      {whole.begin() + first * n, whole.begin() + (first + count) * n});
    }
  }
}

// Six experts of four rows; combined and plain, sorted and not.
void check_grouped(const Weights& w, int64_t tokens, bool combined, bool unknown_experts = false) {
  constexpr int64_t kN = 1, kChosen = 2;
  const int64_t k = 256, experts = 6;
  const std::vector<float> x = peaky(static_cast<size_t>(tokens * k), 11);
  const std::vector<float> factors = peaky(static_cast<size_t>(tokens * kChosen), 12);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < tokens * kChosen; ++i) {
    ids.push_back(static_cast<int32_t>(i * 7 % experts));
  }
  if (unknown_experts) {
    ids[0] = -1;
    ids[3] = static_cast<int32_t>(experts);
  }
  const Device<uint8_t> weight(w.bytes);
  const Device<float> input(x), combine(factors);
  const Device<int32_t> chosen(ids);
  const Device<float> out(static_cast<size_t>(tokens * kChosen * kN));
  GroupedLinearParams p = {};
  p.x = {input.bytes(), k * 4, 0};
  p.weight = {weight.get(), w.row_bytes, w.row_bytes};
  p.ids = {chosen.get(), kChosen * 4};
  p.combine = {combined ? combine.get() : nullptr, kChosen * 4};
  p.out = {out.bytes(), (combined ? 1 : kChosen) * kN * 4, kN * 4};
  p.tokens = tokens;
  p.chosen = kChosen;
  p.experts = experts;
  p.n = kN;
  p.k = k;
  p.dtype = w.dtype;
  const Device<uint8_t> workspace(grouped_linear_workspace_bytes(p) + 1);
  p.workspace = workspace.get();
  const std::string name = "grouped " + w.name + " T=" + std::to_string(tokens) + (combined ? " combined" : "");
  if (!finished(grouped_linear(p, nullptr), name)) {
    return;
  }
  std::vector<double> want;
  for (int64_t t = 0; t < tokens; ++t) {
    double total = 0;
    for (int64_t j = 0; j < kChosen; ++j) {
      double sum = 0;
      for (int64_t i = 0; i < k; ++i) {
        const int32_t id = ids[t * kChosen + j];
        sum += id < 0 || id >= experts ? NAN : static_cast<double>(x[t * k + i]) * w.values[id * 1024 + i];
      }
      total += sum * factors[t * kChosen + j];
      if (!combined) {
        want.push_back(sum);
      }
    }
    if (combined) {
      want.push_back(total);
    }
  }
  std::vector<float> got = out.read();
  got.resize(want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i]) != std::isnan(got[i])) {
      fail(name + ": element " + std::to_string(i) + " is " + std::to_string(got[i]));
      return;
    }
    if (std::isnan(want[i])) {
      want[i] = got[i] = 0;
    }
  }
  check_close(name, got, want, 1e-2, 1e-3);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "java/testkit/golden/quants";
  const int64_t k = 1024;
  for (const Encoded& format : kEncoded) {
    Weights w{format.name, format.dtype, read_golden<uint8_t>(folder, std::string(format.name) + ".blocks"),
              read_golden<float>(folder, std::string(format.name) + ".f32"),
              k / format.block_values * format.block_bytes};
    const int64_t rows = static_cast<int64_t>(w.values.size()) / k;
    if (rows == 0) {
      fail("no golden data of " + w.name + " in " + folder);
      continue;
    }
    check_decoding(w, rows, k);
    check_products(w, 17, rows, k, k);
    check_products(w, 3, rows, 256, k);
    if (rows >= 6) {
      check_grouped(w, 2, false);
      check_grouped(w, 2, true);
      check_grouped(w, 23, true);
      check_grouped(w, 2, false, true);
      check_grouped(w, 23, false, true);
      check_grouped(w, 23, true, true);
    }
  }
  for (int64_t size : {1, 31, 111, 500}) {
    Weights w{
        "F32 K=" + std::to_string(size), DType::kF32, {}, peaky(static_cast<size_t>(33 * size), 3), size * 4};
    w.bytes.resize(w.values.size() * 4);
    std::memcpy(w.bytes.data(), w.values.data(), w.bytes.size());
    check_products(w, 5, 33, size, size);
  }
  std::printf("linear_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
