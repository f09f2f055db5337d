/*
 * The warp's product is made once, by the last lane to arrive: fragments are widened to matrices of float,
 * multiplied, and dealt out again.
 */
#include "emulator/mma.h"

#include <cstring>

#include "block.h"
#include "mma_tile.h"

namespace levin::emulator {

namespace {

template <class Accumulator>
struct LaneFragments {
  Accumulator* d;
  const uint32_t* a;
  const uint32_t* b;
  const Accumulator* c;
};
using MmaLane = LaneFragments<float>;
using IntegerMmaLane = LaneFragments<int32_t>;

/* Lane 4g + q holds of row g (even registers of a) and g + 8 (odd ones) the quad's register q of each group
   along k; of b the same of column g. */
template <class DecoderA, class DecoderB, int kGroups>
void perform_mma(const Lanes& lanes) {
  static_assert(DecoderA::kPerRegister == DecoderB::kPerRegister, "both operands have the same width");
  if (lanes.mask != ~0u) {
    fault("mma.sync needs all 32 lanes");
  }
  MmaTile tile;
  if (kGroups == 1) {
    std::memset(tile.a_bits, 0, sizeof tile.a_bits);
    std::memset(tile.b_bits, 0, sizeof tile.b_bits);
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    const MmaLane& l = *lanes.of<MmaLane>(lane);
    int g = lane / 4;
    int q = lane % 4;
    for (int group = 0; group < kGroups; ++group) {
      tile.a_bits[g][4 * group + q] = l.a[2 * group];
      tile.a_bits[g + 8][4 * group + q] = l.a[2 * group + 1];
      tile.b_bits[4 * group + q][g] = l.b[group];
    }
    std::memcpy(&tile.d[g][2 * q], l.c, 8);
    std::memcpy(&tile.d[g + 8][2 * q], l.c + 2, 8);
  }
  widen_a<DecoderA>(tile);
  widen_b<DecoderB>(tile);
  multiply_planes(tile, DecoderA::kPerRegister, 4 * kGroups);
  for (int lane = 0; lane < kWarp; ++lane) {
    const MmaLane& l = *lanes.of<MmaLane>(lane);
    std::memcpy(l.d, &tile.d[lane / 4][2 * (lane % 4)], 8);
    std::memcpy(l.d + 2, &tile.d[lane / 4 + 8][2 * (lane % 4)], 8);
  }
}

void perform_mma_s8(const Lanes& lanes) {
  constexpr int kK = 32;
  if (lanes.mask != ~0u) {
    fault("mma.sync needs all 32 lanes");
  }
  int16_t a[kTileRows][kK];
  int16_t b[kTileColumns][kK];
  uint32_t d[kTileRows][kTileColumns];
  for (int lane = 0; lane < kWarp; ++lane) {
    const IntegerMmaLane& l = *lanes.of<IntegerMmaLane>(lane);
    int g = lane / 4;
    int q = lane % 4;
    for (int i = 0; i < 16; ++i) {
      int k = i / 8 * 16 + 4 * q + i % 4;
      a[g + i / 4 % 2 * 8][k] = static_cast<int8_t>(l.a[i / 4] >> (i % 4 * 8));
    }
    for (int i = 0; i < 8; ++i) {
      b[g][i / 4 * 16 + 4 * q + i % 4] = static_cast<int8_t>(l.b[i / 4] >> (i % 4 * 8));
    }
    std::memcpy(&d[g][2 * q], l.c, 8);
    std::memcpy(&d[g + 8][2 * q], l.c + 2, 8);
  }
  for (int row = 0; row < kTileRows; ++row) {
    for (int column = 0; column < kTileColumns; ++column) {
      int32_t sum = 0;
      for (int k = 0; k < kK; ++k) {
        sum += a[row][k] * b[column][k];
      }
      d[row][column] += static_cast<uint32_t>(sum);
    }
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    const IntegerMmaLane& l = *lanes.of<IntegerMmaLane>(lane);
    std::memcpy(l.d, &d[lane / 4][2 * (lane % 4)], 8);
    std::memcpy(l.d + 2, &d[lane / 4 + 8][2 * (lane % 4)], 8);
  }
}

constexpr Collective kMma[] = {{"mma.sync.f16", perform_mma<F16Decoder, F16Decoder, 2>},
                               {"mma.sync.bf16", perform_mma<Bf16Decoder, Bf16Decoder, 2>},
                               {"mma.sync.tf32", perform_mma<Tf32Decoder, Tf32Decoder, 2>},
                               {"mma.sync.e4m3", perform_mma<E4m3Decoder, E4m3Decoder, 2>},
                               {"mma.sync.e5m2", perform_mma<E5m2Decoder, E5m2Decoder, 2>},
                               {"mma.sync.e4m3.e5m2", perform_mma<E4m3Decoder, E5m2Decoder, 2>},
                               {"mma.sync.e5m2.e4m3", perform_mma<E5m2Decoder, E4m3Decoder, 2>}};
constexpr Collective kMmaHalfK[] = {{"mma.sync.m16n8k8.f16", perform_mma<F16Decoder, F16Decoder, 1>},
                                    {"mma.sync.m16n8k8.bf16", perform_mma<Bf16Decoder, Bf16Decoder, 1>}};
constexpr Collective kMmaS8{"mma.sync.s8", perform_mma_s8};

}  // namespace

void mma(MmaType type, float* d, const uint32_t* a, const uint32_t* b, const float* c, Location where) {
  MmaLane lane{d, a, b, c};
  warp_collective(kMma[static_cast<int>(type)], ~0u, &lane, where);
}

void mma_half_k(MmaType type, float* d, const uint32_t* a, uint32_t b, const float* c, Location where) {
  MmaLane lane{d, a, &b, c};
  warp_collective(kMmaHalfK[static_cast<int>(type)], ~0u, &lane, where);
}

void mma_s8(int32_t* d, const uint32_t* a, const uint32_t* b, const int32_t* c, Location where) {
  IntegerMmaLane lane{d, a, b, c};
  warp_collective(kMmaS8, ~0u, &lane, where);
}

}  // namespace levin::emulator
