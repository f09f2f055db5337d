/*
 * What mma and wgmma share: the product of a tile whose operands are the registers that lanes hold, each of
 * which packs kPerRegister values with neighbouring k.
 */
#ifndef LEVIN_EMULATOR_MMA_TILE_H
#define LEVIN_EMULATOR_MMA_TILE_H

#include <cstdint>

#include "emulator/minifloat.h"

namespace levin::emulator {

constexpr int kTileRows = 16;
constexpr int kTileColumns = 8;
constexpr int kMaxPerRegister = 4;
/* Registers along k: two groups of a quad. */
constexpr int kTileRegisters = 8;

struct MmaTile {
  alignas(32) uint32_t a_bits[kTileRows][kTileRegisters];
  alignas(32) uint32_t b_bits[kTileRegisters][kTileColumns];
  alignas(32) float d[kTileRows][kTileColumns];
  /* Widened: value i of a register lies in plane i. */
  alignas(32) float a[kMaxPerRegister][kTileRows][kTileRegisters];
  alignas(32) float b[kMaxPerRegister][kTileRegisters][kTileColumns];
};

/* d += a b of the widened planes, in the order of k, fused; a device adds in an order of its own. */
void multiply_planes(MmaTile& tile, int per_register, int registers);

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

/* A decoder widens count registers, a multiple of 8; value i of each goes to plane i, `plane` floats on. */
struct F16Decoder {
  static constexpr int kPerRegister = 2;
  static void widen(const uint32_t* bits, int count, float* planes, int plane);
};

struct Bf16Decoder {
  static constexpr int kPerRegister = 2;
  static void widen(const uint32_t* bits, int count, float* planes, int plane) {
    for (int i = 0; i < count; ++i) {
      planes[i] = bit_cast<float>(bits[i] << 16);
      planes[plane + i] = bit_cast<float>(bits[i] & 0xffff0000u);
    }
  }
};

struct Tf32Decoder {
  static constexpr int kPerRegister = 1;
  /* A device ignores the low 13 bits. */
  static void widen(const uint32_t* bits, int count, float* planes, int) {
    for (int i = 0; i < count; ++i) {
      planes[i] = bit_cast<float>(bits[i] & 0xffffe000u);
    }
  }
};

template <class Format>
struct EightBitDecoder {
  static constexpr int kPerRegister = 4;
  static void widen(const uint32_t* bits, int count, float* planes, int plane) {
    const float* values = EightBitTable<Format>::instance().values;
    for (int i = 0; i < count; ++i) {
      for (int byte = 0; byte < kPerRegister; ++byte) {
        planes[byte * plane + i] = values[bits[i] >> (8 * byte) & 255u];
      }
    }
  }
};

using E4m3Decoder = EightBitDecoder<E4m3>;
using E5m2Decoder = EightBitDecoder<E5m2>;

template <class Decoder>
void widen_a(MmaTile& tile) {
  Decoder::widen(tile.a_bits[0], kTileRows * kTileRegisters, tile.a[0][0], kTileRows * kTileRegisters);
}

template <class Decoder>
void widen_b(MmaTile& tile) {
  Decoder::widen(tile.b_bits[0], kTileRegisters * kTileColumns, tile.b[0][0], kTileRegisters * kTileColumns);
}

}  // namespace levin::emulator

#endif
