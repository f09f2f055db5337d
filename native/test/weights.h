/* Encoded weights with their values, drawn from the golden blocks and from small floats. */
#ifndef LEVIN_TEST_WEIGHTS_H
#define LEVIN_TEST_WEIGHTS_H

#include <stdint.h>

#include <random>
#include <string>
#include <vector>

struct TypeInfo {
  const char* name;
  int32_t dtype;
  int block_values;
  int block_bytes;
};

const std::vector<TypeInfo>& all_types();

/* Rows that end exactly where an inaccessible page begins: reading past the last one crashes. */
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t bytes);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  uint8_t* data() const { return data_; }

 private:
  uint8_t* mapping_;
  size_t mapped_;
  uint8_t* data_;
};

/* Draws random rows of one type. */
class WeightPool {
 public:
  explicit WeightPool(const TypeInfo& type);

  /* Writes one row of k values encoded and, as the codecs decode it, in values. */
  void draw_row(std::mt19937& random, int64_t k, uint8_t* encoded, double* values) const;

 private:
  const TypeInfo& type_;
  std::vector<uint8_t> blocks_;
  std::vector<float> decoded_;
};

#endif
