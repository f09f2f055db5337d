/* __syncthreads and its kin, warp shuffles, votes, match and reductions. */
#ifndef LEVIN_EMULATOR_WARP_H
#define LEVIN_EMULATOR_WARP_H

#include <cstring>

#include "execution.h"

namespace levin::emulator {

enum class Shuffle { kIndex, kUp, kDown, kXor };

uint64_t shuffle_bits(Shuffle kind, uint32_t mask, uint64_t bits, int operand, int width, Location where);
uint32_t ballot(uint32_t mask, int predicate, Location where);
uint32_t match_any(uint32_t mask, uint64_t value, Location where);
uint32_t match_all(uint32_t mask, uint64_t value, int* same, Location where);
enum class Reduction { kAddSigned, kAdd, kMinSigned, kMin, kMaxSigned, kMax, kAnd, kOr, kXor };
uint32_t reduce(Reduction kind, uint32_t mask, uint32_t value, Location where);
void sync_warp(uint32_t mask, Location where);
uint32_t active_mask();

template <class T>
T shuffle(Shuffle kind, uint32_t mask, T value, int operand, int width, Location where) {
  static_assert(sizeof(T) <= 8, "shuffles move values of up to 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, static_cast<const void*>(&value), sizeof(T));
  bits = shuffle_bits(kind, mask, bits, operand, width, where);
  std::memcpy(static_cast<void*>(&value), &bits, sizeof(T));
  return value;
}

template <class T>
uint64_t bits_of(T value) {
  static_assert(sizeof(T) <= 8, "match compares values of up to 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, static_cast<const void*>(&value), sizeof(T));
  return bits;
}

}  // namespace levin::emulator

inline void __syncthreads(LEVIN_CALLED_FROM) {
  levin::emulator::block_barrier(levin::emulator::Vote::kNone, 0, {file, line});
}
inline int __syncthreads_count(int predicate, LEVIN_CALLED_FROM) {
  return levin::emulator::block_barrier(levin::emulator::Vote::kCount, predicate, {file, line});
}
inline int __syncthreads_and(int predicate, LEVIN_CALLED_FROM) {
  return levin::emulator::block_barrier(levin::emulator::Vote::kAnd, predicate, {file, line});
}
inline int __syncthreads_or(int predicate, LEVIN_CALLED_FROM) {
  return levin::emulator::block_barrier(levin::emulator::Vote::kOr, predicate, {file, line});
}
inline void __syncwarp(unsigned mask = 0xffffffffu, LEVIN_CALLED_FROM) {
  levin::emulator::sync_warp(mask, {file, line});
}

template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, LEVIN_CALLED_FROM) {
  return levin::emulator::shuffle(levin::emulator::Shuffle::kIndex, mask, value, lane, width,
                                  {file, line});
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, LEVIN_CALLED_FROM) {
  return levin::emulator::shuffle(levin::emulator::Shuffle::kUp, mask, value,
                                  static_cast<int>(delta), width, {file, line});
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, LEVIN_CALLED_FROM) {
  return levin::emulator::shuffle(levin::emulator::Shuffle::kDown, mask, value,
                                  static_cast<int>(delta), width, {file, line});
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, LEVIN_CALLED_FROM) {
  return levin::emulator::shuffle(levin::emulator::Shuffle::kXor, mask, value, lane_mask, width,
                                  {file, line});
}

inline unsigned __ballot_sync(unsigned mask, int predicate, LEVIN_CALLED_FROM) {
  return levin::emulator::ballot(mask, predicate, {file, line});
}
inline int __any_sync(unsigned mask, int predicate, LEVIN_CALLED_FROM) {
  return levin::emulator::ballot(mask, predicate, {file, line}) != 0;
}
inline int __all_sync(unsigned mask, int predicate, LEVIN_CALLED_FROM) {
  return levin::emulator::ballot(mask, !predicate, {file, line}) == 0;
}
inline unsigned __activemask() {
  return levin::emulator::active_mask();
}

template <class T>
unsigned __match_any_sync(unsigned mask, T value, LEVIN_CALLED_FROM) {
  return levin::emulator::match_any(mask, levin::emulator::bits_of(value), {file, line});
}
template <class T>
unsigned __match_all_sync(unsigned mask, T value, int* same, LEVIN_CALLED_FROM) {
  return levin::emulator::match_all(mask, levin::emulator::bits_of(value), same, {file, line});
}

#define LEVIN_REDUCE(name, type, kind)                                                            \
  inline type __reduce_##name##_sync(unsigned mask, type value, LEVIN_CALLED_FROM) {              \
    return static_cast<type>(levin::emulator::reduce(levin::emulator::Reduction::kind, mask,      \
                                                     static_cast<uint32_t>(value),                \
                                                     {file, line}));                              \
  }
LEVIN_REDUCE(add, int, kAddSigned)
LEVIN_REDUCE(add, unsigned, kAdd)
LEVIN_REDUCE(min, int, kMinSigned)
LEVIN_REDUCE(min, unsigned, kMin)
LEVIN_REDUCE(max, int, kMaxSigned)
LEVIN_REDUCE(max, unsigned, kMax)
LEVIN_REDUCE(and, unsigned, kAnd)
LEVIN_REDUCE(or, unsigned, kOr)
LEVIN_REDUCE(xor, unsigned, kXor)
#undef LEVIN_REDUCE

#endif
