/*
 * Atomics on global and shared memory. Blocks run on several OS threads, so they are real ones; the
 * access is checked first, like any other.
 */
#ifndef LEVIN_EMULATOR_ATOMICS_H
#define LEVIN_EMULATOR_ATOMICS_H

#include <cstring>

#include "execution.h"

namespace levin::emulator {

template <int kBytes>
struct WordOf;
template <>
struct WordOf<2> {
  using type = uint16_t;
};
template <>
struct WordOf<4> {
  using type = uint32_t;
};
template <>
struct WordOf<8> {
  using type = uint64_t;
};

void check_atomic(const void* address, size_t bytes);
uint16_t compare_and_swap(uint16_t* address, uint16_t expected, uint16_t desired);
uint32_t compare_and_swap(uint32_t* address, uint32_t expected, uint32_t desired);
uint64_t compare_and_swap(uint64_t* address, uint64_t expected, uint64_t desired);
uint16_t load_word(const uint16_t* address);
uint32_t load_word(const uint32_t* address);
uint64_t load_word(const uint64_t* address);

template <class To, class From>
To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From), "same bits, other type");
  To to;
  std::memcpy(static_cast<void*>(&to), static_cast<const void*>(&from), sizeof(To));
  return to;
}

/* old = *address; *address = update(old), in one step. */
template <class T, class Update>
T atomic_update(T* address, Update update) {
  using Word = typename WordOf<sizeof(T)>::type;
  check_atomic(address, sizeof(T));
  Word* word = reinterpret_cast<Word*>(address);
  Word old = load_word(word);
  for (;;) {
    Word seen = compare_and_swap(word, old, bit_cast<Word>(static_cast<T>(update(bit_cast<T>(old)))));
    if (seen == old) {
      return bit_cast<T>(old);
    }
    old = seen;
  }
}

}  // namespace levin::emulator

template <class T>
T atomicAdd(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return old + value; });
}
template <class T>
T atomicSub(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return old - value; });
}
template <class T>
T atomicMin(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return value < old ? value : old; });
}
template <class T>
T atomicMax(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return old < value ? value : old; });
}
template <class T>
T atomicAnd(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return old & value; });
}
template <class T>
T atomicOr(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return old | value; });
}
template <class T>
T atomicXor(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T old) { return old ^ value; });
}
template <class T>
T atomicExch(T* address, T value) {
  return levin::emulator::atomic_update(address, [=](T) { return value; });
}
template <class T>
T atomicCAS(T* address, T expected, T value) {
  return levin::emulator::atomic_update(
      address, [=](T old) { return old == expected ? value : old; });
}
inline unsigned atomicInc(unsigned* address, unsigned limit) {
  return levin::emulator::atomic_update(
      address, [=](unsigned old) { return old >= limit ? 0u : old + 1u; });
}
inline unsigned atomicDec(unsigned* address, unsigned limit) {
  return levin::emulator::atomic_update(
      address, [=](unsigned old) { return old == 0 || old > limit ? limit : old - 1u; });
}

void __threadfence();
void __threadfence_block();
void __threadfence_system();

#endif
