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

/* Lane 4g + q holds of row g (even registers of a) and g + 8 (odd ones) values e q .. e q + e - 1 of each
   group of 4e, where e is how many a register holds; of b the same of column g. */
template <class DecoderA, class DecoderB, int kGroups>
void perform_mma(const Lanes& lanes) {
  constexpr int kPer = DecoderA::kPerRegister;
  static_assert(kPer == DecoderB::kPerRegister, "both operands have the same width");
  constexpr int kK = kGroups * 4 * kPer;
  if (lanes.mask != ~0u) {
    fault("mma.sync needs all 32 lanes");
  }
  MmaTile m;
  for (int lane = 0; lane < kWarp; ++lane) {
    const MmaLane& l = *lanes.of<MmaLane>(lane);
    int g = lane / 4;
    int q = lane % 4;
    for (int group = 0; group < kGroups; ++group) {
      int k = group * 4 * kPer + kPer * q;
      DecoderA::widen(l.a[2 * group], &m.a[g][k]);
      DecoderA::widen(l.a[2 * group + 1], &m.a[g + 8][k]);
      float column[4];
      DecoderB::widen(l.b[group], column);
      for (int i = 0; i < kPer; ++i) {
        m.b[k + i][g] = column[i];
      }
    }
    std::memcpy(&m.d[g][2 * q], l.c, 8);
    std::memcpy(&m.d[g + 8][2 * q], l.c + 2, 8);
  }
  multiply_tile(m, kK);
  for (int lane = 0; lane < kWarp; ++lane) {
    const MmaLane& l = *lanes.of<MmaLane>(lane);
    std::memcpy(l.d, &m.d[lane / 4][2 * (lane % 4)], 8);
    std::memcpy(l.d + 2, &m.d[lane / 4 + 8][2 * (lane % 4)], 8);
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

void mma(MmaType type, MmaLane lane, Location where) {
  warp_collective(kMma[static_cast<int>(type)], ~0u, &lane, where);
}

void mma_half_k(MmaType type, MmaLane lane, Location where) {
  warp_collective(kMmaHalfK[static_cast<int>(type)], ~0u, &lane, where);
}

void mma_s8(IntegerMmaLane lane, Location where) {
  warp_collective(kMmaS8, ~0u, &lane, where);
}

}  // namespace levin::emulator
