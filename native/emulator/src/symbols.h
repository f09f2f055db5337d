/*
 * What the symbol table of the library that holds the kernels tells: names of functions, and the extents
 * and names of shared variables, which are thread-local storage. Without a symbol table (a stripped
 * library) all thread-local storage counts as one variable.
 */
#ifndef LEVIN_EMULATOR_SYMBOLS_H
#define LEVIN_EMULATOR_SYMBOLS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace levin::emulator {

struct Symbol {
  uint64_t start;
  uint64_t bytes;
  std::string name;
};

class Symbols {
 public:
  /* Of the library that this code is in, read at the first call. */
  static const Symbols& own();

  std::string function_at(const void* address) const;
  bool in_image(uintptr_t address) const { return address - image_start_ < image_bytes_; }

  /* Size of the library's thread-local storage, and where the calling thread has it. */
  size_t thread_local_bytes() const { return thread_local_bytes_; }
  char* thread_local_base() const;

  /* One more than the index of the shared variable that owns each four bytes; 0 where none does. */
  const std::vector<uint16_t>& owners() const { return owners_; }
  const Symbol& shared_variable(int owner) const { return shared_[static_cast<size_t>(owner - 1)]; }

 private:
  Symbols();
  void read_table(const char* path);

  uintptr_t load_address_ = 0;
  uintptr_t image_start_ = 0;
  size_t image_bytes_ = 0;
  size_t thread_local_bytes_ = 0;
  std::vector<Symbol> functions_;
  std::vector<Symbol> shared_;
  std::vector<uint16_t> owners_;
};

std::string demangled(const std::string& name);

}  // namespace levin::emulator

#endif
