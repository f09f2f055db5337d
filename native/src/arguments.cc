#include "arguments.h"

#include <string>

namespace levin::native {
namespace {

struct Encoding {
  int32_t dtype;
  const char* name;
  int32_t values, bytes;  // of a block
  int32_t alignment;
};

constexpr Encoding kEncodings[] = {
    {LEVIN_DTYPE_F32, "F32", 1, 4, 4},
    {LEVIN_DTYPE_F16, "F16", 1, 2, 2},
    {LEVIN_DTYPE_BF16, "BF16", 1, 2, 2},
    {LEVIN_DTYPE_F64, "F64", 1, 8, 8},
    {LEVIN_DTYPE_F8_E4M3, "F8_E4M3", 1, 1, 1},
    {LEVIN_DTYPE_F8_E5M2, "F8_E5M2", 1, 1, 1},
    {LEVIN_DTYPE_U8, "U8", 1, 1, 1},
    {LEVIN_DTYPE_BOOL, "BOOL", 1, 1, 1},
    {LEVIN_DTYPE_I8, "I8", 1, 1, 1},
    {LEVIN_DTYPE_I16, "I16", 1, 2, 2},
    {LEVIN_DTYPE_I32, "I32", 1, 4, 4},
    {LEVIN_DTYPE_I64, "I64", 1, 8, 8},
    {LEVIN_DTYPE_Q4_0, "Q4_0", 32, 18, 2},
    {LEVIN_DTYPE_Q4_1, "Q4_1", 32, 20, 4},
    {LEVIN_DTYPE_Q5_0, "Q5_0", 32, 22, 2},
    {LEVIN_DTYPE_Q5_1, "Q5_1", 32, 24, 4},
    {LEVIN_DTYPE_Q8_0, "Q8_0", 32, 34, 2},
    {LEVIN_DTYPE_Q8_1, "Q8_1", 32, 36, 2},
    {LEVIN_DTYPE_Q2_K, "Q2_K", 256, 84, 4},
    {LEVIN_DTYPE_Q3_K, "Q3_K", 256, 110, 2},
    {LEVIN_DTYPE_Q4_K, "Q4_K", 256, 144, 4},
    {LEVIN_DTYPE_Q5_K, "Q5_K", 256, 176, 4},
    {LEVIN_DTYPE_Q6_K, "Q6_K", 256, 210, 2},
    {LEVIN_DTYPE_Q8_K, "Q8_K", 256, 292, 2},
    {LEVIN_DTYPE_IQ1_S, "IQ1_S", 256, 50, 2},
    {LEVIN_DTYPE_IQ1_M, "IQ1_M", 256, 56, 4},
    {LEVIN_DTYPE_IQ2_XXS, "IQ2_XXS", 256, 66, 2},
    {LEVIN_DTYPE_IQ2_XS, "IQ2_XS", 256, 74, 2},
    {LEVIN_DTYPE_IQ2_S, "IQ2_S", 256, 82, 2},
    {LEVIN_DTYPE_IQ3_XXS, "IQ3_XXS", 256, 98, 2},
    {LEVIN_DTYPE_IQ3_S, "IQ3_S", 256, 110, 2},
    {LEVIN_DTYPE_IQ4_NL, "IQ4_NL", 32, 18, 2},
    {LEVIN_DTYPE_IQ4_XS, "IQ4_XS", 256, 136, 4},
    {LEVIN_DTYPE_TQ1_0, "TQ1_0", 256, 54, 2},
    {LEVIN_DTYPE_TQ2_0, "TQ2_0", 256, 66, 2},
    {LEVIN_DTYPE_I2_S, "I2_S", 128, 32, 2},
    {LEVIN_DTYPE_MXFP4, "MXFP4", 32, 17, 1},
    {LEVIN_DTYPE_NVFP4, "NVFP4", 64, 36, 4},
};

const Encoding* find(int64_t dtype) {
  for (const Encoding& encoding : kEncodings) {
    if (encoding.dtype == dtype) {
      return &encoding;
    }
  }
  return nullptr;
}

std::string dims_text(const int64_t* dims, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i) {
    text += i == 0 ? "" : ",";
    text += dims[i] == kAny ? "any" : std::to_string(dims[i]);
  }
  return text + "]";
}

std::string describe(const levin_tensor& tensor) {
  const Encoding* encoding = find(tensor.dtype);
  const std::string name = encoding == nullptr ? "dtype " + std::to_string(tensor.dtype) : encoding->name;
  return name + (tensor.rank >= 1 && tensor.rank <= 4 ? dims_text(tensor.shape, static_cast<size_t>(tensor.rank))
                                                      : " of rank " + std::to_string(tensor.rank));
}

bool fits(const levin_tensor& tensor, std::initializer_list<int64_t> dims) {
  if (tensor.rank != static_cast<int32_t>(dims.size())) {
    return false;
  }
  const int64_t* shape = tensor.shape;
  for (const int64_t dim : dims) {
    if (*shape < 0 || (dim != kAny && *shape != dim)) {
      return false;
    }
    ++shape;
  }
  return true;
}

bool is_empty(const levin_tensor& tensor) {
  for (int32_t i = 0; i < tensor.rank; ++i) {
    if (tensor.shape[i] == 0) {
      return true;
    }
  }
  return false;
}

// Up to it no index times a stride overflows.
constexpr int64_t kMaxExtent = int64_t{1} << 47;

void check_memory(const char* name, const levin_tensor& tensor, const Encoding& encoding) {
  if (tensor.data == 0) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is absent", name);
  }
  const int64_t alignment = encoding.alignment;
  bool aligned = tensor.data % static_cast<uint64_t>(alignment) == 0;
  int64_t reach = row_bytes(tensor);
  for (int32_t i = 0; i + 1 < tensor.rank; ++i) {
    const int64_t stride = tensor.stride_bytes[i];
    const int64_t steps = tensor.shape[i] - 1;
    if (stride < 0 || (steps > 0 && stride > kMaxExtent / steps)) {
      fail(LEVIN_INVALID_ARGUMENT, "%s is %s with a stride of %lld bytes", name, describe(tensor).c_str(),
           static_cast<long long>(stride));
    }
    aligned = aligned && (steps == 0 || stride % alignment == 0);
    reach += steps * stride;
  }
  if (!aligned) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is %s, whose rows must begin at multiples of %lld bytes", name,
         describe(tensor).c_str(), static_cast<long long>(alignment));
  }
  if (reach > kMaxExtent) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is %s, which no memory holds", name, describe(tensor).c_str());
  }
}

}  // namespace

int64_t row_bytes(const levin_tensor& tensor) {
  const Encoding* encoding = find(tensor.dtype);
  return tensor.shape[tensor.rank - 1] / encoding->values * encoding->bytes;
}

void check_that(bool condition, const char* text) {
  if (!condition) {
    fail(LEVIN_INVALID_ARGUMENT, "%s", text);
  }
}

void check_tensor(const char* name, const levin_tensor& tensor, int64_t dtype,
                  std::initializer_list<int64_t> dims) {
  const Encoding* encoding = find(tensor.dtype);
  if (encoding == nullptr || (dtype != kAny && tensor.dtype != dtype)) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is %s, expected %s", name, describe(tensor).c_str(),
         dtype == kAny ? "a known dtype" : find(dtype)->name);
  }
  if (!fits(tensor, dims)) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is %s, expected shape %s", name, describe(tensor).c_str(),
         dims_text(dims.begin(), dims.size()).c_str());
  }
  const int64_t last = tensor.shape[tensor.rank - 1];
  if (last % encoding->values != 0 || last > kMaxExtent / encoding->bytes) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is %s, whose rows are no whole blocks", name, describe(tensor).c_str());
  }
  if (!is_empty(tensor)) {
    check_memory(name, tensor, *encoding);
  }
}

void check_activation(const char* name, const levin_tensor& tensor, std::initializer_list<int64_t> dims) {
  if (!is_activation_type(dtype_of(tensor))) {
    fail(LEVIN_INVALID_ARGUMENT, "%s is %s, expected F32, F16 or BF16", name, describe(tensor).c_str());
  }
  check_tensor(name, tensor, tensor.dtype, dims);
}

bool is_contiguous(const levin_tensor& tensor) {
  int64_t stride = row_bytes(tensor);
  for (int32_t i = tensor.rank - 2; i >= 0; --i) {
    if (tensor.shape[i] > 1 && tensor.stride_bytes[i] != stride) {
      return false;
    }
    stride *= tensor.shape[i];
  }
  return true;
}

BatchSizes check_batch(const levin_batch& batch, int64_t tokens) {
  check_i32("kv_lens", batch.kv_lens, {kAny});
  const int64_t seqs = batch.kv_lens.shape[0];
  check_i32("positions", batch.positions, {tokens});
  check_i32("cu_seqlens_q", batch.cu_seqlens_q, {seqs + 1});
  check_i32("page_table", batch.page_table, {seqs, kAny});
  check_i32("state_slots", batch.state_slots, {seqs});
  check_that(batch.page_size > 0, "page_size must be positive");
  check_that(batch.max_query_len >= 0 && batch.max_kv_len >= 0, "the batch's maxima must not be negative");
  return {tokens, seqs};
}

void check_workspace(const levin_workspace& workspace, size_t bytes) {
  if (bytes > 0 && (workspace.data == 0 || workspace.bytes < static_cast<int64_t>(bytes))) {
    fail(LEVIN_INVALID_ARGUMENT, "the workspace has %lld bytes, %llu are needed",
         static_cast<long long>(workspace.bytes), static_cast<unsigned long long>(bytes));
  }
  if (bytes > 0 && workspace.data % 256 != 0) {
    fail(LEVIN_INVALID_ARGUMENT, "the workspace is not aligned to 256 bytes");
  }
}

void check_launch(Status status) {
  if (status == Status::kOk) {
    return;
  }
  const cudaError_t error = cudaGetLastError();
  const levin_status code = static_cast<levin_status>(status);
  if (error != cudaSuccess) {
    fail(code, "the launch failed: %s (%d, %s)", cudaGetErrorString(error), static_cast<int>(error),
         cudaGetErrorName(error));
  }
  fail(code,
       status == Status::kUnsupported ? "no kernel for these dtypes or sizes" : "the kernel refused its sizes");
}

}  // namespace levin::native
