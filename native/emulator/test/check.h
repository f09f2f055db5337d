/* The smallest test harness: named cases, checks that print what differs, a count at the end. */
#ifndef LEVIN_EMULATOR_TEST_CHECK_H
#define LEVIN_EMULATOR_TEST_CHECK_H

#include <cstdio>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "common/launch.h"

namespace levin::test {

struct Case {
  const char* name;
  std::function<void()> run;
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

inline size_t& current_case() {
  static size_t index = 0;
  return index;
}

struct Register {
  Register(const char* name, std::function<void()> run) { cases().push_back({name, run}); }
};

/* Of a case that fails in every element, the first few tell enough. */
inline bool counts_as_worth_telling() {
  constexpr int kTold = 5;
  static size_t told_of = SIZE_MAX;
  static int told = 0;
  ++failures();
  if (told_of != current_case()) {
    told_of = current_case();
    told = 0;
  }
  return told++ < kTold;
}

template <class A, class B>
void check_equal(const A& got, const B& want, const char* what, int line) {
  if (!(got == want) && counts_as_worth_telling()) {
    std::ostringstream text;
    text << "  line " << line << ": " << what << ": got " << got << ", want " << want << "\n";
    std::fputs(text.str().c_str(), stderr);
  }
}

inline void check_contains(const std::string& text, const char* part, int line) {
  if (text.find(part) == std::string::npos && counts_as_worth_telling()) {
    std::fprintf(stderr, "  line %d: \"%s\" does not contain \"%s\"\n", line, text.c_str(), part);
  }
}

/* Device memory that a test reads and writes directly: the emulator's is the host's. */
template <class T>
class Array {
 public:
  explicit Array(size_t count) : count_(count) {
    if (cudaMalloc(&data_, count * sizeof(T)) != cudaSuccess) {
      data_ = nullptr;
    }
  }
  ~Array() { cudaFree(data_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  T* data() { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  size_t size() const { return count_; }

 private:
  T* data_ = nullptr;
  size_t count_;
};

/* Runs a kernel to its end; the report of a fault, or nothing. */
template <class Params>
std::string run(void (*kernel)(Params), const LaunchShape& shape, const Params& params) {
  Status status = launch(kernel, shape, nullptr, params);
  cudaError_t error = status == Status::kOk ? cudaStreamSynchronize(nullptr) : cudaGetLastError();
  return error == cudaSuccess ? std::string() : cudaGetErrorString(error);
}

inline int run_all() {
  for (const Case& test : cases()) {
    int before = failures();
    ++current_case();
    test.run();
    std::printf("%s %s\n", failures() == before ? "ok  " : "FAIL", test.name);
  }
  std::printf("%zu cases, %d failed checks\n", cases().size(), failures());
  return failures() == 0 ? 0 : 1;
}

}  // namespace levin::test

#define CASE(name)                                                    \
  static void name();                                                 \
  static const levin::test::Register register_##name(#name, name);    \
  static void name()
#define EQUAL(got, want) levin::test::check_equal(got, want, #got, __LINE__)
#define CONTAINS(text, part) levin::test::check_contains(text, part, __LINE__)

#endif
