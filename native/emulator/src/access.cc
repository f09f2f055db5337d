/*
 * Every access of a kernel passes here: from the calls that the compiler inserts (-fsanitize=thread and
 * parts of undefined, whose run-time libraries these functions stand in for) and from the emulated
 * instructions. Host threads pass unchecked.
 */
#include <cstdarg>
#include <cstdio>

#include "block.h"
#include "heap.h"

namespace levin::emulator {

namespace {

std::string describe_global(Block&, const void* address) {
  Heap::Extent near = Heap::instance().extent_near(address);
  if (near.bytes == 0) {
    return "global memory below every allocation";
  }
  return "global memory at byte " + std::to_string(reinterpret_cast<uintptr_t>(address) - near.start) +
         " of an allocation of " + std::to_string(near.bytes) + " bytes";
}

std::string describe_shared(Block& block, const void* address) {
  return block.shared().describe(address);
}

std::string describe_other(Block&, const void* address) {
  char text[80];
  snprintf(text, sizeof text, "%p, which is neither device nor shared memory", address);
  return text;
}

}  // namespace

void Block::check_access(int thread, const void* address, size_t bytes, bool write) {
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  const char* wrong = nullptr;
  std::string (*what)(Block&, const void*) = nullptr;
  if (Heap::instance().contains(address)) {
    if (Heap::instance().accessible(address, bytes)) {
      return;
    }
    wrong = "out-of-bounds";
    what = describe_global;
  } else if (shared_.contains(address)) {
    wrong = write ? shared_.write(address, bytes) : shared_.read(address, bytes);
    if (wrong == nullptr) {
      return;
    }
    what = describe_shared;
  } else if (Symbols::own().in_image(at)) {
    return;
  } else {
    wrong = "illegal";
    what = describe_other;
  }
  failing().fault(thread, std::string(wrong) + (write ? " write of " : " read of ") +
                              std::to_string(bytes) + " bytes: " + what(*this, address));
}

void check_read(const void* address, size_t bytes) {
  if (!regions.plainly_good(address, bytes)) {
    Block* block = current_block();
    if (block != nullptr) {
      block->check_read(block->current(), address, bytes);
    }
  }
}

void check_write(const void* address, size_t bytes) {
  if (!regions.plainly_good(address, bytes)) {
    Block* block = current_block();
    if (block != nullptr) {
      block->check_write(block->current(), address, bytes);
    }
  }
}

void check_read_of_lane(int lane, const void* address, size_t bytes) {
  current_block()->check_read(current_block()->current() / kWarp * kWarp + lane, address, bytes);
}

void check_write_of_lane(int lane, const void* address, size_t bytes) {
  current_block()->check_write(current_block()->current() / kWarp * kWarp + lane, address, bytes);
}

void mark_in_flight(const void* address, size_t bytes) {
  current_block()->shared().forget(address, bytes);
}

namespace {

void check_aligned(const void* address, size_t bytes) {
  if (current_block() != nullptr && reinterpret_cast<uintptr_t>(address) % bytes != 0) {
    fault("misaligned access of %zu bytes at %p", bytes, address);
  }
}

}  // namespace

void check_atomic(const void* address, size_t bytes) {
  if (current_block() != nullptr) {
    check_aligned(address, bytes);
    current_block()->check_read(current_block()->current(), address, bytes);
  }
}

}  // namespace levin::emulator

/* Called by instrumented code. */
#define LEVIN_CALLBACKS(bytes)                                                                    \
  void __tsan_read##bytes(void* address) {                                                        \
    levin::emulator::check_read(address, bytes);                                                  \
  }                                                                                               \
  void __tsan_write##bytes(void* address) {                                                       \
    levin::emulator::check_write(address, bytes);                                                 \
  }                                                                                               \
  void __tsan_volatile_read##bytes(void* address) {                                               \
    levin::emulator::check_read(address, bytes);                                                  \
  }                                                                                               \
  void __tsan_volatile_write##bytes(void* address) {                                              \
    levin::emulator::check_write(address, bytes);                                                 \
  }                                                                                               \
  void __tsan_unaligned_read##bytes(void* address) {                                              \
    levin::emulator::check_read(address, bytes);                                                  \
  }                                                                                               \
  void __tsan_unaligned_write##bytes(void* address) {                                             \
    levin::emulator::check_write(address, bytes);                                                 \
  }

extern "C" {

LEVIN_CALLBACKS(1)
LEVIN_CALLBACKS(2)
LEVIN_CALLBACKS(4)
LEVIN_CALLBACKS(8)
LEVIN_CALLBACKS(16)

void __tsan_read_range(void* address, size_t bytes) {
  levin::emulator::check_read(address, bytes);
}
void __tsan_write_range(void* address, size_t bytes) {
  levin::emulator::check_write(address, bytes);
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

/* Layouts that the compiler fills in, as its undefined-behaviour run-time documents them. */
struct SourceLocation {
  const char* file;
  uint32_t line;
  uint32_t column;
};
struct TypeDescriptor {
  uint16_t kind;
  uint16_t info;
  char name[1];
};
struct TypeMismatch {
  SourceLocation where;
  const TypeDescriptor* type;
  unsigned char log_alignment;
  unsigned char access_kind;
};
struct OutOfBounds {
  SourceLocation where;
  const TypeDescriptor* array;
  const TypeDescriptor* index;
};

void __ubsan_handle_type_mismatch_v1(TypeMismatch* data, uintptr_t pointer) {
  if (levin::emulator::current_block() != nullptr) {
    levin::emulator::fault("misaligned access: %p is not aligned to the %u bytes of %s, at %s:%u",
                           reinterpret_cast<void*>(pointer), 1u << data->log_alignment,
                           data->type->name, data->where.file, data->where.line);
  }
}

void __ubsan_handle_out_of_bounds(OutOfBounds* data, uintptr_t index) {
  if (levin::emulator::current_block() != nullptr) {
    levin::emulator::fault("out-of-bounds index %lld of array %s, at %s:%u",
                           static_cast<long long>(index), data->array->name, data->where.file,
                           data->where.line);
  }
}

void __ubsan_handle_divrem_overflow(SourceLocation* where, uintptr_t, uintptr_t) {
  if (levin::emulator::current_block() != nullptr) {
    levin::emulator::fault("integer division by zero or overflow, at %s:%u", where->file, where->line);
  }
}

void __ubsan_handle_shift_out_of_bounds(SourceLocation* where, uintptr_t, uintptr_t count) {
  if (levin::emulator::current_block() != nullptr) {
    levin::emulator::fault("shift by %lld, which devices and C++ define differently, at %s:%u",
                           static_cast<long long>(count), where->file, where->line);
  }
}

void __ubsan_handle_builtin_unreachable(SourceLocation* where) {
  levin::emulator::fault("unreachable code was reached, at %s:%u", where->file, where->line);
}

void __ubsan_handle_missing_return(SourceLocation* where) {
  levin::emulator::fault("the function ends without a value, at %s:%u", where->file, where->line);
}

}  // extern "C"
