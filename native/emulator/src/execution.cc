#include "emulator/execution.h"

#include <chrono>
#include <cstdarg>
#include <cstdio>

#include "block.h"
#include "emulator/atomics.h"

namespace levin::emulator {

namespace {

std::string formatted(const char* format, va_list arguments) {
  char text[512];
  vsnprintf(text, sizeof text, format, arguments);
  return text;
}

}  // namespace

void fault(const char* format, ...) {
  Block& block = current_block()->failing();
  va_list arguments;
  va_start(arguments, format);
  std::string text = formatted(format, arguments);
  va_end(arguments);
  block.fault(block.current(), text);
}

void fault_of_lane(int lane, const char* format, ...) {
  Block& block = current_block()->failing();
  va_list arguments;
  va_start(arguments, format);
  std::string text = formatted(format, arguments);
  va_end(arguments);
  block.fault(block.current() / kWarp * kWarp + lane, text);
}

void warp_collective(const Collective& collective, uint32_t mask, void* arguments, Location where) {
  current_block()->collective(collective, mask, arguments, where);
}

int block_barrier(Vote vote, int predicate, Location where) {
  return current_block()->barrier(vote, predicate, where);
}

void named_barrier_sync(int id, int threads, Location where) {
  current_block()->named_barrier(id, threads, true, where);
}

void named_barrier_arrive(int id, int threads, Location where) {
  current_block()->named_barrier(id, threads, false, where);
}

void poll(const char* what, Location where) {
  current_block()->poll(what, where);
}

void made_progress() {
  current_block()->made_progress();
}

int lane_id() {
  return current_block()->current() % kWarp;
}

int warp_id() {
  return current_block()->current() / kWarp;
}

void* dynamic_shared_memory() {
  return current_block()->shared().dynamic();
}

size_t dynamic_shared_bytes() {
  return current_block()->shared().dynamic_bytes();
}

uint32_t shared_address(const void* pointer) {
  uint32_t address = current_block()->shared().shared_address(pointer);
  if (address == 0) {
    fault("%p is no address of shared memory", pointer);
  }
  return address;
}

bool is_shared(const void* pointer) {
  return current_block()->shared().shared_address(pointer) != 0;
}

uint16_t compare_and_swap(uint16_t* address, uint16_t expected, uint16_t desired) {
  __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

uint32_t compare_and_swap(uint32_t* address, uint32_t expected, uint32_t desired) {
  __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

uint64_t compare_and_swap(uint64_t* address, uint64_t expected, uint64_t desired) {
  __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

uint16_t load_word(const uint16_t* address) {
  return __atomic_load_n(address, __ATOMIC_RELAXED);
}

uint32_t load_word(const uint32_t* address) {
  return __atomic_load_n(address, __ATOMIC_RELAXED);
}

uint64_t load_word(const uint64_t* address) {
  return __atomic_load_n(address, __ATOMIC_RELAXED);
}

}  // namespace levin::emulator

void __threadfence() {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __threadfence_block() {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __threadfence_system() {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

long long clock64() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

void __nanosleep(unsigned) {
  levin::emulator::poll("__nanosleep", {__FILE__, __LINE__});
}

void __trap() {
  levin::emulator::fault("the kernel called __trap");
}
