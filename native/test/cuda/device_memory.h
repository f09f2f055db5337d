// Device memory for the smoke test: tensors that are freed with their owner.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "levin/levin.h"

namespace levin::smoke {

inline void require(levin_status status, const char* call) {
  if (status != LEVIN_OK) {
    throw std::runtime_error(std::string(call) + ": " + levin_last_error());
  }
}

#define REQUIRE_OK(call) ::levin::smoke::require(call, #call)

struct Format {
  int32_t dtype;
  int64_t block_values, block_bytes;
};

constexpr Format kF32{LEVIN_DTYPE_F32, 1, 4};
constexpr Format kI32{LEVIN_DTYPE_I32, 1, 4};
constexpr Format kF16{LEVIN_DTYPE_F16, 1, 2};
constexpr Format kQ8_0{LEVIN_DTYPE_Q8_0, 32, 34};

// What outputs hold before an op; no kernel computes it.
constexpr uint8_t kPoison = 0xA5;

class Session {
 public:
  Session() {
    REQUIRE_OK(levin_context_create(0, &context_));
    REQUIRE_OK(levin_stream_create(context_, &stream_));
  }
  Session(const Session&) = delete;
  ~Session() {
    levin_stream_destroy(stream_);
    levin_context_destroy(context_);
  }
  levin_stream stream() const { return stream_; }
  void wait() const { REQUIRE_OK(levin_stream_synchronize(stream_)); }

 private:
  levin_context context_ = nullptr;
  levin_stream stream_ = nullptr;
};

// Memory of exactly the bytes asked for, so that a checker of memory sees the next one.
class Memory {
 public:
  Memory(const Session& session, int64_t bytes) : session_(&session), bytes_(bytes) {
    REQUIRE_OK(levin_allocate(session.stream(), bytes, &address_));
  }
  Memory(Memory&& other) noexcept : session_(other.session_), bytes_(other.bytes_), address_(other.address_) {
    other.address_ = 0;
  }
  Memory(const Memory&) = delete;
  ~Memory() { levin_free(session_->stream(), address_); }

  uint64_t address() const { return address_; }
  int64_t bytes() const { return bytes_; }

  void set(const std::vector<uint8_t>& content) const {
    REQUIRE_OK(levin_copy_to_device(session_->stream(), address_, content.data(), bytes_));
    session_->wait();
  }

  std::vector<uint8_t> get() const {
    std::vector<uint8_t> content(static_cast<size_t>(bytes_));
    REQUIRE_OK(levin_copy_to_host(session_->stream(), content.data(), address_, bytes_));
    session_->wait();
    return content;
  }

 private:
  const Session* session_;
  int64_t bytes_;
  uint64_t address_ = 0;
};

// A contiguous tensor.
class Tensor {
 public:
  Tensor(const Session& session, Format format, std::initializer_list<int64_t> dims)
      : view_(contiguous(format, dims)), memory_(session, bytes_of(format, dims)) {
    view_.data = memory_.address();
  }

  const levin_tensor& view() const { return view_; }
  const Memory& memory() const { return memory_; }

 private:
  static int64_t bytes_of(Format format, std::initializer_list<int64_t> dims) {
    int64_t values = 1;
    for (const int64_t dim : dims) {
      values *= dim;
    }
    return values / format.block_values * format.block_bytes;
  }

  static levin_tensor contiguous(Format format, std::initializer_list<int64_t> dims) {
    levin_tensor view{};
    view.dtype = format.dtype;
    for (const int64_t dim : dims) {
      view.shape[view.rank++] = dim;
    }
    int64_t stride = view.shape[view.rank - 1] / format.block_values * format.block_bytes;
    for (int32_t i = view.rank - 2; i >= 0; --i) {
      view.stride_bytes[i] = stride;
      stride *= view.shape[i];
    }
    return view;
  }

  levin_tensor view_;
  Memory memory_;
};

}  // namespace levin::smoke
