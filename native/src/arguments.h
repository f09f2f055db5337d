// Checks of an op's tensors, and their conversion to what the kernels take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "guard.h"
#include "handles.h"
#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"
#include "levin/levin.h"

namespace levin::native {

// A dimension or dtype that is not constrained.
constexpr int64_t kAny = -1;

// Each check names the argument, what it is and what was expected; extents come back as they are.
void check_tensor(const char* name, const levin_tensor& tensor, int64_t dtype,
                  std::initializer_list<int64_t> dims);
void check_that(bool condition, const char* text);

inline void check_f32(const char* name, const levin_tensor& tensor, std::initializer_list<int64_t> dims) {
  check_tensor(name, tensor, LEVIN_DTYPE_F32, dims);
}
inline void check_i32(const char* name, const levin_tensor& tensor, std::initializer_list<int64_t> dims) {
  check_tensor(name, tensor, LEVIN_DTYPE_I32, dims);
}
inline bool present(const levin_tensor& tensor) { return tensor.data != 0; }
inline void check_optional_f32(const char* name, const levin_tensor& tensor, std::initializer_list<int64_t> dims) {
  if (present(tensor)) {
    check_f32(name, tensor, dims);
  }
}

// The tensor that sets the type of an op's activations: F32, F16 or BF16.
void check_activation(const char* name, const levin_tensor& tensor, std::initializer_list<int64_t> dims);
inline void check_optional(const char* name, const levin_tensor& tensor, int64_t dtype,
                           std::initializer_list<int64_t> dims) {
  if (present(tensor)) {
    check_tensor(name, tensor, dtype, dims);
  }
}

// Whether all but the strides that no element needs are those of a contiguous tensor.
bool is_contiguous(const levin_tensor& tensor);
int64_t row_bytes(const levin_tensor& tensor);

// Sequences and tokens of a batch, all its tensors checked.
struct BatchSizes {
  int64_t tokens, seqs;
};
BatchSizes check_batch(const levin_batch& batch, int64_t tokens);

void check_workspace(const levin_workspace& workspace, size_t bytes);

// Absent tensors become null views without strides.
template <typename T>
T* data_of(const levin_tensor& tensor) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(tensor.data));
}
inline int64_t stride_of(const levin_tensor& tensor, int dimension) {
  return present(tensor) ? tensor.stride_bytes[dimension] : 0;
}
template <typename T>
MatrixView<T> matrix(const levin_tensor& t) {
  return {data_of<T>(t), stride_of(t, 0)};
}
template <typename T>
CubeView<T> cube(const levin_tensor& t) {
  return {data_of<T>(t), stride_of(t, 0), stride_of(t, 1)};
}
template <typename T>
PageView<T> pages(const levin_tensor& t) {
  return {data_of<T>(t), stride_of(t, 0), stride_of(t, 1), stride_of(t, 2)};
}
inline DType dtype_of(const levin_tensor& tensor) { return static_cast<DType>(tensor.dtype); }

// Throws what a launcher's status means.
void check_launch(Status status);

// One entry point of an op: body(args) returns the launcher's status.
template <typename Args, typename Body>
levin_status run_op(const char* entry, levin_stream stream, const Args* args, Body&& body) noexcept {
  return guarded(entry, [&] {
    LEVIN_REQUIRE(args != nullptr);
    check_launch(body(*args, enter(stream)));
  });
}

}  // namespace levin::native
