/* Values are widened with their scales, which is exact, and multiplied in the order of K. */
#include <cmath>

#include "emulator/minifloat.h"
#include "emulator/mma.h"
#include "mma_tile.h"

namespace levin::emulator {

namespace {

constexpr int kWarp = 32;
constexpr int kMaxK = 64;

float e8m0(uint32_t byte) { return byte == 255 ? std::nanf("") : std::ldexp(1.0f, static_cast<int>(byte) - 127); }

template <class ElementFormat, int kElementBits, int kScaleValues_>
struct Blocks {
  static constexpr int kBits = kElementBits;
  static constexpr int kPerRegister = 32 / kElementBits;
  static constexpr int kK = 8 * kPerRegister;
  static constexpr int kScaleValues = kScaleValues_;
  static float element(uint32_t bits) { return static_cast<float>(ElementFormat::decode(bits)); }
  static float scale(uint32_t byte) { return e8m0(byte); }
};

struct Nvf4 : Blocks<E2m1, 4, 16> {
  static float scale(uint32_t byte) { return static_cast<float>(E4m3::decode(byte & 0x7f)); }
};
using Mxf4 = Blocks<E2m1, 4, 32>;
using Mxf8 = Blocks<E4m3, 8, 32>;

/* Values q * kPer ... of a register of either half of K go to a row, times the scale of their block. */
template <class Format>
void widen(uint32_t bits, int half, int q, uint32_t scales, float* row) {
  constexpr int kPer = Format::kPerRegister;
  for (int i = 0; i < kPer; ++i) {
    const int k = half * 4 * kPer + q * kPer + i;
    const uint32_t code = bits >> (i * Format::kBits) & ((1u << Format::kBits) - 1);
    row[k] = Format::element(code) * Format::scale(scales >> (k / Format::kScaleValues * 8) & 255u);
  }
}

template <class Format>
void perform(const Lanes& lanes) {
  if (lanes.mask != ~0u) {
    fault("mma.sync needs all 32 lanes");
  }
  float a[kTileRows][kMaxK];
  float b[kTileColumns][kMaxK];
  float d[kTileRows][kTileColumns];
  for (int lane = 0; lane < kWarp; ++lane) {
    const int g = lane / 4;
    const int q = lane % 4;
    const BlockScaledLane& l = *lanes.of<BlockScaledLane>(lane);
    const BlockScaledLane& first = *lanes.of<BlockScaledLane>(4 * g);
    const BlockScaledLane& second = *lanes.of<BlockScaledLane>(4 * g + 1);
    for (int half = 0; half < 2; ++half) {
      widen<Format>(l.a[2 * half], half, q, first.scale_a, a[g]);
      widen<Format>(l.a[2 * half + 1], half, q, second.scale_a, a[g + 8]);
      widen<Format>(l.b[half], half, q, first.scale_b, b[g]);
    }
    for (int i = 0; i < 4; ++i) {
      d[g + i / 2 * 8][2 * q + i % 2] = l.c[i];
    }
  }
  for (int row = 0; row < kTileRows; ++row) {
    for (int column = 0; column < kTileColumns; ++column) {
      float sum = d[row][column];
      for (int k = 0; k < Format::kK; ++k) {
        sum = std::fma(a[row][k], b[column][k], sum);
      }
      d[row][column] = sum;
    }
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    float* out = lanes.of<BlockScaledLane>(lane)->d;
    for (int i = 0; i < 4; ++i) {
      out[i] = d[lane / 4 + i / 2 * 8][2 * (lane % 4) + i % 2];
    }
  }
}

constexpr Collective kBlockScaled[] = {{"mma.sync.mxf4nvf4.block_scale", perform<Nvf4>},
                                       {"mma.sync.mxf4.block_scale", perform<Mxf4>},
                                       {"mma.sync.mxf8f6f4.block_scale", perform<Mxf8>}};

}  // namespace

void mma_block_scaled(BlockScaledType type, BlockScaledLane lane, Location where) {
  warp_collective(kBlockScaled[static_cast<int>(type)], ~0u, &lane, where);
}

}  // namespace levin::emulator
