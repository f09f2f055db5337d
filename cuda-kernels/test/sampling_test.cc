// The choice of tokens against a sort: every point of the distribution, ties, limits of each kind.
#include <algorithm>
#include <numeric>

#include "harness.h"
#include "levin/kernels/sampling.h"

using namespace levin;
using namespace levin::test;

namespace {

struct Options {
  float temperature;
  int top_k;
  float top_p, min_p;
};

// Ids that may be drawn and their probabilities, in the order of ids.
std::vector<std::pair<int, double>> candidates(const std::vector<float>& logits, const Options& o) {
  std::vector<int> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(), [&](int a, int b) { return logits[a] > logits[b]; });
  if (o.top_k > 0 && o.top_k < static_cast<int>(ids.size())) {
    ids.resize(static_cast<size_t>(o.top_k));
  }
  const double highest = logits[ids[0]];
  if (o.top_p < 1) {
    double total = 0, taken = 0;
    for (int id : ids) {
      total += std::exp(logits[id] - highest);
    }
    size_t count = 0;
    do {
      taken += std::exp(logits[ids[count++]] - highest);
    } while (count < ids.size() && taken < o.top_p * total);
    ids.resize(count);
  }
  if (o.min_p > 0) {
    ids.erase(std::remove_if(ids.begin(), ids.end(),
                             [&](int id) { return logits[id] < highest + std::log(o.min_p); }),
              ids.end());
  }
  std::sort(ids.begin(), ids.end());
  double total = 0;
  for (int id : ids) {
    total += std::exp((logits[id] - highest) / o.temperature);
  }
  std::vector<std::pair<int, double>> result;
  for (int id : ids) {
    result.push_back({id, std::exp((logits[id] - highest) / o.temperature) / total});
  }
  return result;
}

void check(const std::string& name, const std::vector<float>& logits, const Options& o) {
  const auto want = candidates(logits, o);
  std::vector<float> points;
  std::vector<int> expected;
  double before = 0;
  for (const auto& [id, probability] : want) {
    // In the middle of each candidate's share, unless that is too narrow to be hit by a float.
    if (probability > 1e-5 && points.size() < 40) {
      points.push_back(static_cast<float>(before + probability / 2));
      expected.push_back(id);
    }
    before += probability;
  }
  const int rows = static_cast<int>(points.size());
  std::vector<float> repeated;
  for (int r = 0; r < rows; ++r) {
    repeated.insert(repeated.end(), logits.begin(), logits.end());
  }
  const Device<float> input(repeated), point(points);
  const Device<float> temperature(std::vector<float>(rows, o.temperature)), top_p(std::vector<float>(rows, o.top_p));
  const Device<float> min_p(std::vector<float>(rows, o.min_p));
  const Device<int32_t> top_k(std::vector<int32_t>(rows, o.top_k)), ids(static_cast<size_t>(rows));
  SampleParams p = {};
  const int64_t vocab = static_cast<int64_t>(logits.size());
  p.logits = {input.get(), vocab * 4};
  p.temperature = temperature.get();
  p.top_k = top_k.get();
  p.top_p = top_p.get();
  p.min_p = min_p.get();
  p.point = point.get();
  p.ids = ids.get();
  p.rows = rows;
  p.vocab = vocab;
  if (!finished(sample(p, nullptr), name)) {
    return;
  }
  const std::vector<int32_t> got = ids.read();
  for (int r = 0; r < rows; ++r) {
    if (got[r] != expected[r]) {
      fail(name + ": point " + std::to_string(points[r]) + " gives " + std::to_string(got[r]) + ", want " +
           std::to_string(expected[r]));
    }
  }
}

int greedy(const std::vector<float>& logits) {
  const Device<float> input(logits);
  const Device<int32_t> id(1);
  ArgmaxParams p = {{input.get(), static_cast<int64_t>(logits.size() * 4)}, id.get(), 1,
                    static_cast<int64_t>(logits.size())};
  finished(argmax(p, nullptr), "argmax");
  return id.read()[0];
}

void check_greedy(const char* name, const std::vector<float>& logits, int want) {
  const int got = greedy(logits);
  if (got != want) {
    fail(std::string("argmax ") + name + ": " + std::to_string(got) + ", want " + std::to_string(want));
  }
}

}  // namespace

int main() {
  for (int vocab : {1, 7, 256, 257, 5000}) {
    std::vector<float> logits = peaky(static_cast<size_t>(vocab), 3);
    std::vector<float> tied = logits;
    for (float& logit : tied) {
      logit = std::round(logit);
    }
    for (const Options& o : {Options{1, 0, 1, 0}, Options{0.7f, 5, 1, 0}, Options{1.3f, 0, 0.9f, 0},
                             Options{1, 0, 1, 0.05f}, Options{0.8f, 40, 0.95f, 0.01f}, Options{1, 0, 0.0f, 0}}) {
      const std::string name = "sample V=" + std::to_string(vocab) + " top_k " + std::to_string(o.top_k) + " top_p " +
                               std::to_string(o.top_p) + " min_p " + std::to_string(o.min_p);
      check(name, logits, o);
      check(name + " ties", tied, o);
    }
    check_greedy("peaky", logits,
                 static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  check_greedy("ties", {1, 3, -2, 3}, 1);
  check_greedy("zeros", {-1, -0.0f, 0.0f}, 1);
  check_greedy("NaN", {1, NAN, 3}, -1);
  check_greedy("infinity", {1, INFINITY, 3}, -1);
  check_greedy("all banned", {-INFINITY, -INFINITY}, -1);
  check_greedy("one left", {-INFINITY, -5}, 1);
  std::printf("sampling_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
