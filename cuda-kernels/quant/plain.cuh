// Elements without a shared scale. A row may end within a chunk; values past its end are zeros.
#pragma once

#include "quant/codes.cuh"

namespace levin {

// Element: struct with a storage type and load(pointer) -> float.
template <typename Element, int kElementTerms>
struct PlainFormat {
  using Storage = typename Element::Storage;
  static constexpr int kBlockValues = 1;
  static constexpr int kBlockBytes = sizeof(Storage);
  static constexpr int kScaleGroup = 0;
  static constexpr bool kHasOffset = false;
  static constexpr bool kExternalScale = false;
  static constexpr int kTerms = kElementTerms;

  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t size, Codes& codes) {
    const Storage* values = reinterpret_cast<const Storage*>(row);
    const int64_t first = chunk * kChunk + 4 * quad;
    if ((chunk + 1) * kChunk <= size && reinterpret_cast<uintptr_t>(row) % sizeof(Four) == 0) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const Four four = *reinterpret_cast<const Four*>(values + first + half * kHalfChunk);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          codes.value[4 * half + i] = Element::load(four.values[i]);
        }
      }
    } else {
#pragma unroll
      for (int i = 0; i < kCodesPerThread; ++i) {
        const int64_t at = first + i / 4 * kHalfChunk + i % 4;
        codes.value[i] = at < size ? Element::load(values[at]) : 0.0f;
      }
    }
    set_scale(codes, 1.0f);
  }

 private:
  // One access where the row begins at a multiple of it.
  struct __align__(4 * sizeof(Storage) < 16 ? 4 * sizeof(Storage) : 16) Four {
    Storage values[4];
  };
};

struct F32Element {
  using Storage = float;
  static __device__ float load(float value) { return value; }
};

struct F16Element {
  using Storage = uint16_t;
  static __device__ float load(uint16_t bits) { return f16_to_float(bits); }
};

struct Bf16Element {
  using Storage = uint16_t;
  static __device__ float load(uint16_t bits) { return bf16_to_float(bits); }
};

struct E4m3Element {
  using Storage = uint8_t;
  static __device__ float load(uint8_t bits) { return e4m3_to_float(bits); }
};

struct E5m2Element {
  using Storage = uint8_t;
  static __device__ float load(uint8_t bits) { return e5m2_to_float(bits); }
};

// Read, but no weights: integers become the nearest float, as F64 does.
template <typename Number>
struct NumberElement {
  using Storage = Number;
  static __device__ float load(Number value) { return static_cast<float>(value); }
};

using F32 = PlainFormat<F32Element, 2>;
using F16 = PlainFormat<F16Element, 2>;
using BF16 = PlainFormat<Bf16Element, 1>;
using F8_E4M3 = PlainFormat<E4m3Element, 1>;
using F8_E5M2 = PlainFormat<E5m2Element, 1>;
using F64 = PlainFormat<NumberElement<double>, 2>;
using U8 = PlainFormat<NumberElement<uint8_t>, 1>;
using I8 = PlainFormat<NumberElement<int8_t>, 1>;
using I16 = PlainFormat<NumberElement<int16_t>, 2>;
using I32 = PlainFormat<NumberElement<int32_t>, 2>;
using I64 = PlainFormat<NumberElement<int64_t>, 2>;

}  // namespace levin
