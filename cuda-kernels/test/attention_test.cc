// Paged attention against float64: lengths around tiles and segments, grouped heads, windows, sinks, soft-caps,
// tree masks, latent values; and the same bits for queries alone and together.
#include "levin/kernels/attention.h"

#include "harness.h"
#include "levin/kernels/rope.h"

using namespace levin;
using namespace levin::test;

namespace {

struct Case {
  std::vector<int> query_lens, kv_lens;
  int heads, kv_heads, key_size, value_size;
  bool latent;
  DType dtype;
  int window;
  float soft_cap;
  bool sinks, causal, tree;
  std::string name() const {
    return "attention B=" + std::to_string(kv_lens.size()) + " kv=" + std::to_string(kv_lens.back()) +
           " D=" + std::to_string(key_size) + " dtype=" + std::to_string(static_cast<int>(dtype)) +
           " window=" + std::to_string(window) + (tree ? " tree" : "");
  }
};

constexpr int kPageSize = 16;
constexpr int kWords = 2;

struct Result {
  std::vector<float> out, lse;
};

int sum(const std::vector<int>& values) {
  int total = 0;
  for (int value : values) {
    total += value;
  }
  return total;
}

// A cache in order of sequences and its values as float64; block formats are only written through rope_append.
struct Cache {
  std::vector<uint8_t> bytes;
  std::vector<double> values;  // [key over all sequences, Hkv, D]
};

Cache cache_of(const Case& c, int size, uint32_t seed, int pages) {
  Cache cache;
  std::vector<float> raw = peaky(static_cast<size_t>(sum(c.kv_lens)) * c.kv_heads * size, seed);
  const size_t element = c.dtype == DType::kF32 ? 4 : 2;
  cache.bytes.assign(static_cast<size_t>(pages) * c.kv_heads * kPageSize * size * element, 0xff);
  size_t key = 0;
  int page = 0;
  for (int kv_len : c.kv_lens) {
    for (int j = 0; j < kv_len; ++j, ++key) {
      for (int h = 0; h < c.kv_heads; ++h) {
        for (int d = 0; d < size; ++d) {
          const float value = raw[(key * c.kv_heads + h) * size + d];
          const size_t at =
              ((static_cast<size_t>(page + j / kPageSize) * c.kv_heads + h) * kPageSize + j % kPageSize) * size +
              d;
          uint32_t bits;
          __builtin_memcpy(&bits, &value, 4);
          if (c.dtype == DType::kF32) {
            __builtin_memcpy(&cache.bytes[at * 4], &bits, 4);
          } else {
            bits &= 0xffff0000u;
            cache.bytes[at * 2] = static_cast<uint8_t>(bits >> 16);
            cache.bytes[at * 2 + 1] = static_cast<uint8_t>(bits >> 24);
          }
          float kept;
          __builtin_memcpy(&kept, &bits, 4);
          cache.values.push_back(kept);
        }
      }
    }
    page += (kv_len + kPageSize - 1) / kPageSize;
  }
  return cache;
}

std::vector<int32_t> masks_of(const Case& c) {
  std::vector<int32_t> masks;
  for (int queries : c.query_lens) {
    for (int r = 0; r < queries; ++r) {
      for (int word = 0; word < kWords; ++word) {
        int32_t bits = 0;
        for (int bit = 0; bit < 32; ++bit) {
          const int j = word * 32 + bit;
          bits |= static_cast<int32_t>(static_cast<uint32_t>(j == r || (j * 7 + r) % 3 == 0) << bit);
        }
        masks.push_back(bits);
      }
    }
  }
  return masks;
}

// All queries, or query rows [from, to) of the only sequence, which then has last_key keys. A broken page lies
// outside the cache.
Result run(const Case& c, const Cache& keys, const Cache& values, const std::vector<float>& q, int pages, int from,
           int to, int last_key, int broken_page = -1) {
  std::vector<int> query_lens = c.query_lens;
  std::vector<int> kv_lens = c.kv_lens;
  std::vector<float> queries = q;
  const int row = c.heads * c.key_size;
  if (to > 0) {
    query_lens = {to - from};
    kv_lens = {last_key};
    queries = {q.begin() + from * row, q.begin() + to * row};
  }
  const int tokens = sum(query_lens);
  std::vector<int32_t> starts{0}, table;
  int page = 0;
  const int max_pages = 64;
  int max_q = 0, max_kv = 0;
  for (size_t b = 0; b < kv_lens.size(); ++b) {
    starts.push_back(starts.back() + query_lens[b]);
    for (int i = 0; i < max_pages; ++i) {
      const bool used = i < (c.kv_lens[b] + kPageSize - 1) / kPageSize;
      table.push_back(used && i != broken_page ? page + i : -123456);
    }
    page += (c.kv_lens[b] + kPageSize - 1) / kPageSize;
    max_q = std::max(max_q, query_lens[b]);
    max_kv = std::max(max_kv, kv_lens[b]);
  }
  const Device<float> q_device(queries);
  const Device<uint8_t> k_device(keys.bytes), v_device(values.bytes);
  const Device<int32_t> starts_device(starts), table_device(table), masks_device(masks_of(c));
  const Device<int32_t> kv_device(std::vector<int32_t>(kv_lens.begin(), kv_lens.end()));
  const Device<float> sinks(peaky(static_cast<size_t>(c.heads), 99));
  const Device<float> out(static_cast<size_t>(tokens) * c.heads * c.value_size);
  const Device<float> lse(static_cast<size_t>(tokens) * c.heads);
  const int64_t element = c.dtype == DType::kF32 ? 4 : 2;
  auto view = [&](const Device<uint8_t>& data, int64_t size) {
    return PageView<const uint8_t>{data.get(), c.kv_heads * kPageSize * size * element, kPageSize * size * element,
                                   size * element};
  };
  AttentionParams p = {};
  p.q = {q_device.bytes(), row * 4, c.key_size * 4};
  p.k_cache = view(k_device, c.key_size);
  p.v_cache = c.latent ? p.k_cache : view(v_device, c.value_size);
  p.out = {out.bytes(), c.heads * c.value_size * 4, c.value_size * 4};
  p.lse = {lse.get(), c.heads * 4};
  p.cu_seqlens_q = starts_device.get();
  p.kv_lens = kv_device.get();
  p.page_table = {table_device.get(), max_pages * 4};
  p.sinks = c.sinks ? sinks.get() : nullptr;
  p.tree_mask = {c.tree ? masks_device.get() : nullptr, kWords * 4};
  p.tokens = tokens;
  p.seqs = static_cast<int64_t>(kv_lens.size());
  p.heads = c.heads;
  p.kv_heads = c.kv_heads;
  p.key_size = c.key_size;
  p.value_size = c.value_size;
  p.pages = pages;
  p.page_size = kPageSize;
  p.max_query_len = max_q;
  p.max_kv_len = max_kv;
  p.window = c.window;
  p.cache_dtype = c.dtype;
  p.causal = c.causal;
  p.sm_scale = static_cast<float>(1 / std::sqrt(c.key_size));
  p.soft_cap = c.soft_cap;
  const Device<uint8_t> workspace(attention_workspace_bytes(p) + 1);
  p.workspace = workspace.get();
  finished(attention(p, nullptr), c.name());
  return {out.read(), lse.read()};
}

void check(const Case& c) {
  int pages = 0;
  for (int kv_len : c.kv_lens) {
    pages += (kv_len + kPageSize - 1) / kPageSize;
  }
  const Cache keys = cache_of(c, c.key_size, 1, pages);
  const Cache values = c.latent ? keys : cache_of(c, c.value_size, 2, pages);
  const int tokens = sum(c.query_lens);
  const std::vector<float> q = peaky(static_cast<size_t>(tokens) * c.heads * c.key_size, 3);
  const std::vector<float> sinks = peaky(static_cast<size_t>(c.heads), 99);
  const std::vector<int32_t> masks = masks_of(c);
  const Result got = run(c, keys, values, q, pages, 0, 0, 0);

  std::vector<double> want, want_lse;
  const double scale = static_cast<float>(1 / std::sqrt(c.key_size));
  const int value_row = c.latent ? c.key_size : c.value_size;
  int first_key = 0, t = 0;
  for (size_t b = 0; b < c.kv_lens.size(); ++b) {
    for (int r = 0; r < c.query_lens[b]; ++r, ++t) {
      const int i = c.kv_lens[b] - c.query_lens[b] + r;
      for (int h = 0; h < c.heads; ++h) {
        const int kv_head = h / (c.heads / c.kv_heads);
        std::vector<double> scores(static_cast<size_t>(c.kv_lens[b]), -INFINITY);
        double largest = c.sinks ? sinks[h] : -INFINITY;
        bool any = false;
        for (int j = 0; j < c.kv_lens[b]; ++j) {
          const int bit = j - (c.kv_lens[b] - c.query_lens[b]);
          const bool allowed = !c.tree || bit < 0 || (masks[t * kWords + bit / 32] >> (bit % 32) & 1);
          if ((c.causal && j > i) || (c.window > 0 && j <= i - c.window) || !allowed) {
            continue;
          }
          double score = 0;
          for (int d = 0; d < c.key_size; ++d) {
            score += static_cast<double>(q[(static_cast<size_t>(t) * c.heads + h) * c.key_size + d]) *
                     keys.values[(static_cast<size_t>(first_key + j) * c.kv_heads + kv_head) * c.key_size + d];
          }
          score *= scale;
          scores[j] = c.soft_cap > 0 ? c.soft_cap * std::tanh(score / c.soft_cap) : score;
          largest = std::fmax(largest, scores[j]);
          any = true;
        }
        double total = c.sinks ? std::exp(sinks[h] - largest) : 0;
        for (double score : scores) {
          total += any ? std::exp(score - largest) : 0;
        }
        for (int d = 0; d < c.value_size; ++d) {
          double value = 0;
          for (int j = 0; any && j < c.kv_lens[b]; ++j) {
            value += std::exp(scores[j] - largest) / total *
                     values.values[(static_cast<size_t>(first_key + j) * c.kv_heads + kv_head) * value_row + d];
          }
          want.push_back(value);
        }
        want_lse.push_back(any ? largest + std::log(total) : -INFINITY);
      }
    }
    first_key += c.kv_lens[b];
  }
  check_close(c.name(), got.out, want, 1e-4, 1e-4);
  for (size_t i = 0; i < want_lse.size(); ++i) {
    if (!(got.lse[i] == want_lse[i] ||
          std::fabs(got.lse[i] - want_lse[i]) <= 2e-5 + 2e-6 * std::fabs(want_lse[i]))) {
      fail(c.name() + ": lse " + std::to_string(got.lse[i]) + ", want " + std::to_string(want_lse[i]));
      break;
    }
  }
  if (c.kv_lens.size() == 1 && !c.tree && c.causal) {
    const int queries = c.query_lens[0];
    for (int chunk : {1, 7}) {
      for (int from = 0; from < queries; from += chunk) {
        const int to = std::min(queries, from + chunk);
        const Result part = run(c, keys, values, q, pages, from, to, c.kv_lens[0] - queries + to);
        const int row = c.heads * c.value_size;
        check_same_bits(c.name() + " in chunks of " + std::to_string(chunk), part.out,
                        {got.out.begin() + from * row, got.out.begin() + to * row});
      }
    }
  }
}

// Rows that see a key of a page outside the cache are NaN, the others what they were.
void check_broken_page(DType dtype, int keys) {
  const Case c{{40}, {keys}, 2, 1, 64, 64, false, dtype, 0, 0, false, true, false};
  const int pages = (keys + kPageSize - 1) / kPageSize;
  const Cache k = cache_of(c, c.key_size, 1, pages), v = cache_of(c, c.value_size, 2, pages);
  const std::vector<float> q = peaky(static_cast<size_t>(40) * c.heads * c.key_size, 3);
  const Result whole = run(c, k, v, q, pages, 0, 0, 0);
  const int broken = pages - 2;
  const Result got = run(c, k, v, q, pages, 0, 0, 0, broken);
  const size_t row = static_cast<size_t>(c.heads) * c.value_size;
  const size_t good = static_cast<size_t>(broken * kPageSize - (keys - 40)) * row;
  const std::string name = c.name() + " with a broken page";
  check_same_bits(name, got.out, {whole.out.begin(), whole.out.begin() + static_cast<int64_t>(good)});
  for (size_t i = good; i < got.out.size(); ++i) {
    if (!std::isnan(got.out[i])) {
      fail(name + ": element " + std::to_string(i) + " is " + std::to_string(got.out[i]) + ", want NaN");
      return;
    }
  }
}

}  // namespace

int main() {
  for (DType dtype : {DType::kF32, DType::kBF16}) {
    check({{4, 30}, {100, 290}, 8, 2, 256, 256, false, dtype, 0, 0, false, true, false});
    check({{1}, {1}, 2, 1, 16, 16, false, dtype, 0, 0, false, true, false});
    check({{1}, {700}, 4, 1, 64, 64, false, dtype, 0, 0, true, true, false});
    check({{40}, {577}, 4, 2, 64, 64, false, dtype, 0, 0, false, true, false});
    check({{33}, {300}, 3, 1, 24, 40, false, dtype, 19, 30, true, true, false});
    check({{1, 17, 5, 1}, {33, 17, 280, 513}, 8, 2, 128, 128, false, dtype, 0, 0, false, true, false});
    check({{3, 9}, {40, 290}, 4, 4, 111, 111, false, dtype, 0, 20, false, false, false});
    check({{40, 3}, {57, 3}, 2, 1, 64, 64, false, dtype, 0, 0, false, true, true});
    check({{2, 3}, {17, 270}, 16, 1, 576, 512, true, dtype, 0, 0, false, true, false});
    check({{2, 3}, {17, 9}, 2, 1, 256, 256, false, dtype, 0, 0, false, true, false});
  }
  for (DType dtype : {DType::kF32, DType::kBF16}) {
    check_broken_page(dtype, 64);
    check_broken_page(dtype, 310);
  }
  std::printf("attention_test: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
