/* What mma and wgmma share: the product of small matrices, and decoders of registers to float. */
#ifndef LEVIN_EMULATOR_MMA_TILE_H
#define LEVIN_EMULATOR_MMA_TILE_H

#include <cstdint>

#include "emulator/minifloat.h"

namespace levin::emulator {

constexpr int kTileRows = 16;
constexpr int kTileColumns = 8;
constexpr int kMaxTileK = 32;

struct MmaTile {
  alignas(32) float a[kTileRows][kMaxTileK];
  alignas(32) float b[kMaxTileK][kTileColumns];
  alignas(32) float d[kTileRows][kTileColumns];
};

/* d += a b, in the order of k and fused; a device adds in an order of its own, with a few bits more. */
void multiply_tile(MmaTile& tile, int k_size);

template <class Format>
struct EightBitTable {
  float values[256];
  EightBitTable() {
    for (uint32_t code = 0; code < 256; ++code) {
      values[code] = static_cast<float>(Format::decode(code));
    }
  }
  static const EightBitTable& instance() {
    static const EightBitTable table;
    return table;
  }
};

struct F16Decoder {
  static constexpr int kPerRegister = 2;
  static void widen(uint32_t bits, float* to) {
    to[0] = half_to_float(static_cast<uint16_t>(bits));
    to[1] = half_to_float(static_cast<uint16_t>(bits >> 16));
  }
};

struct Bf16Decoder {
  static constexpr int kPerRegister = 2;
  static void widen(uint32_t bits, float* to) {
    to[0] = bit_cast<float>(bits << 16);
    to[1] = bit_cast<float>(bits & 0xffff0000u);
  }
};

struct Tf32Decoder {
  static constexpr int kPerRegister = 1;
  /* A device ignores the low 13 bits. */
  static void widen(uint32_t bits, float* to) { to[0] = bit_cast<float>(bits & 0xffffe000u); }
};

template <class Format>
struct EightBitDecoder {
  static constexpr int kPerRegister = 4;
  static void widen(uint32_t bits, float* to) {
    const float* values = EightBitTable<Format>::instance().values;
    for (int i = 0; i < 4; ++i) {
      to[i] = values[bits >> (8 * i) & 255u];
    }
  }
};

using E4m3Decoder = EightBitDecoder<E4m3>;
using E5m2Decoder = EightBitDecoder<E5m2>;

}  // namespace levin::emulator

#endif
