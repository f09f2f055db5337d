// Every op through levin.h on small awkward sizes: it succeeds and writes all of its output, twice with the same
// bits. Whether results are right is bench/gpu's and the JVM tests' to say; this is the program that memory and
// race checkers watch. Exit code 77 where there is no device.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "device_memory.h"

using namespace levin::smoke;

namespace {

constexpr int kSkipped = 77;

constexpr Format kWeights[] = {kF32,
                               kF16,
                               {LEVIN_DTYPE_BF16, 1, 2},
                               {LEVIN_DTYPE_F8_E4M3, 1, 1},
                               {LEVIN_DTYPE_F8_E5M2, 1, 1},
                               {LEVIN_DTYPE_Q4_0, 32, 18},
                               {LEVIN_DTYPE_Q4_1, 32, 20},
                               {LEVIN_DTYPE_Q5_0, 32, 22},
                               {LEVIN_DTYPE_Q5_1, 32, 24},
                               kQ8_0,
                               {LEVIN_DTYPE_Q2_K, 256, 84},
                               {LEVIN_DTYPE_Q3_K, 256, 110},
                               {LEVIN_DTYPE_Q4_K, 256, 144},
                               {LEVIN_DTYPE_Q5_K, 256, 176},
                               {LEVIN_DTYPE_Q6_K, 256, 210},
                               {LEVIN_DTYPE_IQ1_S, 256, 50},
                               {LEVIN_DTYPE_IQ1_M, 256, 56},
                               {LEVIN_DTYPE_IQ2_XXS, 256, 66},
                               {LEVIN_DTYPE_IQ2_XS, 256, 74},
                               {LEVIN_DTYPE_IQ2_S, 256, 82},
                               {LEVIN_DTYPE_IQ3_XXS, 256, 98},
                               {LEVIN_DTYPE_IQ3_S, 256, 110},
                               {LEVIN_DTYPE_IQ4_NL, 32, 18},
                               {LEVIN_DTYPE_IQ4_XS, 256, 136},
                               {LEVIN_DTYPE_TQ1_0, 256, 54},
                               {LEVIN_DTYPE_TQ2_0, 256, 66},
                               {LEVIN_DTYPE_I2_S, 128, 32},
                               {LEVIN_DTYPE_MXFP4, 32, 17},
                               {LEVIN_DTYPE_NVFP4, 64, 36}};

constexpr Format kCaches[] = {
    kF32, kF16, {LEVIN_DTYPE_BF16, 1, 2}, {LEVIN_DTYPE_F8_E4M3, 1, 1}, kQ8_0, {LEVIN_DTYPE_Q4_0, 32, 18}};

class Smoke {
 public:
  int run();

 private:
  Tensor floats(std::initializer_list<int64_t> dims) {
    Tensor tensor(session_, kF32, dims);
    std::vector<float> values(static_cast<size_t>(tensor.memory().bytes() / 4));
    for (float& value : values) {
      value = static_cast<float>(static_cast<int32_t>(next())) * 0x1p-30f;
    }
    set(tensor, values);
    return tensor;
  }

  Tensor constant(int64_t count, float value) {
    Tensor tensor(session_, kF32, {count});
    set(tensor, std::vector<float>(static_cast<size_t>(count), value));
    return tensor;
  }

  Tensor ints(std::initializer_list<int64_t> dims, const std::vector<int32_t>& values) {
    Tensor tensor(session_, kI32, dims);
    set(tensor, values);
    return tensor;
  }

  // Bytes below 64 are moderate numbers wherever a format has its scales.
  Tensor blocks(Format format, std::initializer_list<int64_t> dims) {
    Tensor tensor(session_, format, dims);
    std::vector<uint8_t> bytes(static_cast<size_t>(tensor.memory().bytes()));
    for (uint8_t& byte : bytes) {
      byte = static_cast<uint8_t>(next() >> 24 & 0x3f);
    }
    tensor.memory().set(bytes);
    return tensor;
  }

  Tensor output(std::initializer_list<int64_t> dims, Format format = kF32) {
    Tensor tensor(session_, format, dims);
    poison(tensor);
    return tensor;
  }

  static void poison(const Tensor& tensor) {
    tensor.memory().set(std::vector<uint8_t>(static_cast<size_t>(tensor.memory().bytes()), kPoison));
  }

  template <typename T>
  static void set(const Tensor& tensor, const std::vector<T>& values) {
    std::vector<uint8_t> bytes(static_cast<size_t>(tensor.memory().bytes()));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    tensor.memory().set(bytes);
  }

  // Memory that nobody has written: a kernel that reads what it did not write is for initcheck to find.
  template <typename Args>
  Memory workspace(Args& args, levin_status (*needed)(const Args*, int64_t*)) {
    int64_t bytes = 0;
    REQUIRE_OK(needed(&args, &bytes));
    Memory memory(session_, bytes);
    args.workspace = {memory.address(), bytes};
    return memory;
  }

  // Runs an op twice; every word of its output must be written, both times with the same bits.
  void expect_written(const char* op, const Tensor& out, const std::function<levin_status()>& launch);

  void elementwise();
  void products();
  void grouped(Format format);
  void caches();
  void attention(Format format, const std::vector<int32_t>& starts, const std::vector<int32_t>& kv_lens);
  void routing();
  void recurrences();
  void sampling();
  void mixed_products();

  uint32_t next() { return state_ = state_ * 1664525u + 1013904223u; }

  Session session_;
  uint32_t state_ = 42;
  int checks_ = 0;
  int failures_ = 0;
};

void Smoke::expect_written(const char* op, const Tensor& out, const std::function<levin_status()>& launch) {
  std::vector<uint8_t> first;
  for (int round = 0; round < 2; ++round) {
    poison(out);
    checks_++;
    if (launch() != LEVIN_OK || levin_stream_synchronize(session_.stream()) != LEVIN_OK) {
      std::printf("FAILED %s of dtype %d: %s\n", op, out.view().dtype, levin_last_error());
      failures_++;
      return;
    }
    const std::vector<uint8_t> found = out.memory().get();
    const uint8_t unwritten[] = {kPoison, kPoison, kPoison, kPoison};
    for (size_t i = 0; i + sizeof unwritten <= found.size(); i += sizeof unwritten) {
      if (std::memcmp(&found[i], unwritten, sizeof unwritten) == 0) {
        std::printf("FAILED %s: nothing was written at byte %zu\n", op, i);
        failures_++;
        return;
      }
    }
    if (round == 1 && found != first) {
      std::printf("FAILED %s: another run gave other bits\n", op);
      failures_++;
    }
    first = found;
  }
}

void Smoke::elementwise() {
  const Tensor x = floats({5, 111}), y = floats({5, 111}), out = output({5, 111});
  const Tensor weight = floats({111});
  const levin_add_args add{x.view(), y.view(), out.view(), 0.5f};
  expect_written("add", out, [&] { return levin_add(session_.stream(), &add); });
  const levin_soft_cap_args cap{x.view(), out.view(), 30.0f};
  expect_written("soft_cap", out, [&] { return levin_soft_cap(session_.stream(), &cap); });
  const levin_rms_norm_args norm{x.view(), weight.view(), out.view(), 1e-5f, 0.0f};
  expect_written("rms_norm", out, [&] { return levin_rms_norm(session_.stream(), &norm); });
  for (int32_t activation = 0; activation < LEVIN_ACTIVATION_NONE; ++activation) {
    const levin_gated_activation_args gated{x.view(), y.view(), out.view(), activation};
    expect_written("gated_activation", out, [&] { return levin_gated_activation(session_.stream(), &gated); });
  }
  const Tensor a = floats({3, 4, 33}), b = floats({3, 4, 33}), merged = output({3, 4, 33});
  const Tensor lse_a = floats({3, 4}), lse_b = floats({3, 4}), lse = output({3, 4});
  const levin_merge_attention_args merge{a.view(),     lse_a.view(),  b.view(),
                                         lse_b.view(), merged.view(), lse.view()};
  expect_written("merge_attention", merged, [&] { return levin_merge_attention(session_.stream(), &merge); });
  const Tensor positions = ints({3}, {0, 7, 4000}), frequencies = floats({31}), table = output({3, 62});
  const levin_rope_table_args rope{positions.view(), frequencies.view(), table.view(), 1.0f};
  expect_written("rope_table", table, [&] { return levin_rope_table(session_.stream(), &rope); });
}

void Smoke::products() {
  for (const Format format : kWeights) {
    const int64_t k = format.block_values == 1 ? 100 : 3 * (format.block_values < 64 ? 64 : format.block_values);
    const Tensor weight = blocks(format, {37, k}), bias = floats({37});
    for (const int64_t tokens : {1, 9, 17}) {
      const Tensor x = floats({tokens, k}), residual = floats({tokens, 37}), out = output({tokens, 37});
      const levin_linear_args linear{x.view(), weight.view(), bias.view(), residual.view(), out.view(), 1.0f};
      expect_written("linear", out, [&] { return levin_linear(session_.stream(), &linear); });
    }
    const Tensor ids = ints({3}, {36, 0, 5}), rows = output({3, k});
    const levin_embed_args embed{weight.view(), ids.view(), rows.view(), 1.0f};
    expect_written("embed", rows, [&] { return levin_embed(session_.stream(), &embed); });
    const Tensor decoded = output({37, k});
    const levin_convert_args convert{weight.view(), decoded.view()};
    expect_written("convert", decoded, [&] { return levin_convert(session_.stream(), &convert); });
    const Tensor heads = blocks(format, {2, 17, k}), x = floats({3, 2, k}), out = output({3, 2, 17});
    const levin_head_linear_args head{x.view(), heads.view(), out.view()};
    expect_written("head_linear", out, [&] { return levin_head_linear(session_.stream(), &head); });
    grouped(format);
  }
}

void Smoke::grouped(Format format) {
  const int64_t k = 256;
  const Tensor x = floats({5, k}), weight = blocks(format, {4, 19, k}), bias = floats({4, 19});
  const Tensor ids = ints({5, 2}, {0, 1, 3, 2, 1, 3, 0, 2, 3, 1}), combine = floats({5, 2}), out = output({5, 19});
  levin_grouped_linear_args args{};
  args.x = x.view();
  args.weight = weight.view();
  args.bias = bias.view();
  args.ids = ids.view();
  args.combine = combine.view();
  args.out = out.view();
  const Memory scratch = workspace(args, levin_grouped_linear_workspace);
  expect_written("grouped_linear", out, [&] { return levin_grouped_linear(session_.stream(), &args); });
}

void Smoke::caches() {
  for (const Format format : kCaches) {
    attention(format, {0, 1, 5, 24}, {33, 4, 40});
    attention(format, {0, 1, 2, 3}, {1, 16, 131});
    // Every slot of the cache is written, so that none may stay as it was.
    const Tensor k = floats({10, 2, 64}), v = floats({10, 2, 32}), turns = floats({10, 32});
    const Tensor slots = ints({10}, {9, 0, 3, 4, 1, 2, 8, 7, 6, 5});
    const Tensor q = floats({10, 4, 64}), k_cache = output({2, 2, 5, 64}, format),
                 v_cache = output({2, 2, 5, 32}, format);
    levin_rope_append_args args{};
    args.q = q.view();
    args.k = k.view();
    args.v = v.view();
    args.cos_sin = turns.view();
    args.slot_mapping = slots.view();
    args.k_cache = k_cache.view();
    args.v_cache = v_cache.view();
    for (const int32_t style : {LEVIN_ROPE_HALF, LEVIN_ROPE_INTERLEAVED}) {
      args.style = style;
      expect_written("rope_append", k_cache, [&] { return levin_rope_append(session_.stream(), &args); });
      expect_written("rope_append", v_cache, [&] { return levin_rope_append(session_.stream(), &args); });
    }
    const Tensor pages = blocks(format, {4, 2, 5, 64}), from = ints({2}, {0, 3}), to = ints({2}, {2, 1});
    const levin_copy_pages_args copy{pages.view(), from.view(), to.view()};
    REQUIRE_OK(levin_copy_pages(session_.stream(), &copy));
  }
}

levin_batch batch_of(const Tensor& positions, const Tensor& starts, const Tensor& kv_lens, const Tensor& table,
                     const Tensor& slots) {
  levin_batch batch{};
  batch.positions = positions.view();
  batch.cu_seqlens_q = starts.view();
  batch.kv_lens = kv_lens.view();
  batch.page_table = table.view();
  batch.state_slots = slots.view();
  batch.page_size = 16;
  batch.max_query_len = 19;
  batch.max_kv_len = 140;
  return batch;
}

// Three sequences whose pages lie one after another, nine to each.
void Smoke::attention(Format format, const std::vector<int32_t>& starts, const std::vector<int32_t>& kv_lens) {
  const int64_t tokens = starts.back();
  std::vector<int32_t> pages(27);
  for (int32_t i = 0; i < 27; ++i) {
    pages[static_cast<size_t>(i)] = i;
  }
  const Tensor positions = ints({tokens}, std::vector<int32_t>(static_cast<size_t>(tokens), 1));
  const Tensor first = ints({4}, starts), lens = ints({3}, kv_lens), table = ints({3, 9}, pages);
  const Tensor slots = ints({3}, {0, 1, 2});
  const Tensor q = floats({tokens, 4, 64}), k = blocks(format, {27, 2, 16, 64}),
               v = blocks(format, {27, 2, 16, 64});
  const Tensor out = output({tokens, 4, 64}), lse = output({tokens, 4}), sinks = floats({4});
  levin_attention_args args{};
  args.q = q.view();
  args.k_cache = k.view();
  args.v_cache = v.view();
  args.out = out.view();
  args.lse = lse.view();
  args.batch = batch_of(positions, first, lens, table, slots);
  args.sm_scale = 0.125f;
  args.causal = 1;
  for (const bool special : {false, true}) {
    if (special) {
      args.window = 9;
      args.soft_cap = 20.0f;
      args.sinks = sinks.view();
    }
    const Memory scratch = workspace(args, levin_attention_workspace);
    expect_written("attention", out, [&] { return levin_attention(session_.stream(), &args); });
  }
}

void Smoke::routing() {
  const Tensor logits = floats({5, 64}), bias = floats({64}), weights = output({5, 6});
  const Tensor ids = output({5, 6}, kI32);
  for (int32_t scoring = 0; scoring <= LEVIN_SCORING_SIGMOID; ++scoring) {
    const levin_route_experts_args args{logits.view(), bias.view(), ids.view(), weights.view(), scoring, 1, 8, 3,
                                        1.0f};
    expect_written("route_experts", weights, [&] { return levin_route_experts(session_.stream(), &args); });
    expect_written("route_experts", ids, [&] { return levin_route_experts(session_.stream(), &args); });
  }
}

// Every sequence is at its beginning, so that a second run starts from the same state.
void Smoke::recurrences() {
  const Tensor positions = ints({6}, {0, 0, 1, 2, 3, 0}), starts = ints({4}, {0, 1, 5, 6});
  const Tensor lens = ints({3}, {1, 4, 1}), table = ints({3, 1}, {0, 1, 2}), slots = ints({3}, {2, 0, 1});
  const levin_batch batch = batch_of(positions, starts, lens, table, slots);
  const Tensor x = floats({6, 33}), weight = floats({33, 4}), history = floats({3, 33, 3}), out = output({6, 33});
  levin_causal_conv_args conv{};
  conv.x = x.view();
  conv.weight = weight.view();
  conv.state = history.view();
  conv.out = out.view();
  conv.batch = batch;
  conv.activation = LEVIN_ACTIVATION_SILU;
  expect_written("causal_conv", out, [&] { return levin_causal_conv(session_.stream(), &conv); });

  const Tensor values = floats({6, 4, 8}), dt = floats({6, 4}), a = floats({4}), b = floats({6, 2, 33});
  const Tensor c = floats({6, 2, 33}), dt_bias = floats({4}), state = floats({3, 4, 8, 33}), y = output({6, 4, 8});
  levin_ssm_scan_args scan{};
  scan.x = values.view();
  scan.dt = dt.view();
  scan.a = a.view();
  scan.b = b.view();
  scan.c = c.view();
  scan.dt_bias = dt_bias.view();
  scan.state = state.view();
  scan.out = y.view();
  scan.batch = batch;
  scan.dt_min = 0.0f;
  scan.dt_max = INFINITY;
  expect_written("ssm_scan", y, [&] { return levin_ssm_scan(session_.stream(), &scan); });
}

void Smoke::sampling() {
  const Tensor logits = floats({5, 1027}), ids = output({5}, kI32);
  const levin_argmax_args argmax{logits.view(), ids.view()};
  expect_written("argmax", ids, [&] { return levin_argmax(session_.stream(), &argmax); });
  const Tensor ones = constant(5, 1.0f), halves = constant(5, 0.5f);
  const Tensor top_k = ints({5}, {0, 1, 40, 1027, 5000});
  const levin_sample_args sample{logits.view(), ones.view(),   top_k.view(), halves.view(),
                                 halves.view(), halves.view(), ids.view()};
  expect_written("sample", ids, [&] { return levin_sample(session_.stream(), &sample); });
}

void Smoke::mixed_products() {
  const int64_t k = 192;
  const Tensor scales = floats({37, 3}), zeros = blocks({LEVIN_DTYPE_U8, 1, 1}, {37, 3});
  for (int32_t codes = LEVIN_CODES_E4M3; codes <= LEVIN_CODES_E2M3; ++codes) {
    const int64_t row_bytes = codes <= LEVIN_CODES_I8 ? k : codes <= LEVIN_CODES_E2M1 ? k / 2 : k / 4 * 3;
    const Tensor weight = blocks({LEVIN_DTYPE_U8, 1, 1}, {37, row_bytes});
    for (const Format format : {kF32, kF16, Format{LEVIN_DTYPE_I8, 1, 1}, Format{LEVIN_DTYPE_F8_E4M3, 1, 1}}) {
      const Tensor x = blocks(format, {9, k}), out = output({9, 37});
      levin_mixed_linear_args args{};
      args.x = x.view();
      args.weight = weight.view();
      args.scales = scales.view();
      if (codes == LEVIN_CODES_U4 || codes == LEVIN_CODES_I8) {
        args.zeros = zeros.view();
      }
      args.out = out.view();
      args.rows_per_scale = 1;
      args.values_per_scale = 64;
      args.codes = codes;
      expect_written("mixed_linear", out, [&] { return levin_mixed_linear(session_.stream(), &args); });
    }
  }
}

int Smoke::run() {
  elementwise();
  products();
  caches();
  routing();
  recurrences();
  sampling();
  mixed_products();
  session_.wait();
  std::printf("smoke: %d launches, %d failed\n", checks_, failures_);
  return failures_ == 0 ? 0 : 1;
}

}  // namespace

int main() {
  int32_t devices = 0;
  const levin_status status = levin_device_count(&devices);
  if (status == LEVIN_NO_DRIVER || (status == LEVIN_OK && devices == 0)) {
    std::printf("skipped: %s\n", status == LEVIN_OK ? "no CUDA device" : levin_last_error());
    return kSkipped;
  }
  try {
    return Smoke().run();
  } catch (const std::exception& e) {
    std::printf("FAILED %s\n", e.what());
    return 1;
  }
}
