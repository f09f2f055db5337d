/* The tensor memory that a block has taken. */
#ifndef LEVIN_EMULATOR_TENSOR_MEMORY_H
#define LEVIN_EMULATOR_TENSOR_MEMORY_H

#include <cstdint>
#include <vector>

namespace levin::emulator {

class TensorMemory {
 public:
  static constexpr uint32_t kLanes = 128;
  static constexpr uint32_t kColumns = 512;

  /* The first column of so many, which hold NaN; kColumns if there are not as many. */
  uint32_t take(uint32_t columns);
  bool give_back(uint32_t column, uint32_t columns);
  bool holds(uint32_t column) const { return column < taken_; }
  bool empty() const { return taken_ == 0; }
  void clear() { taken_ = 0; }
  float& at(uint32_t lane, uint32_t column) { return cells_[lane * kColumns + column]; }

 private:
  uint32_t taken_ = 0;
  std::vector<float> cells_;
};

}  // namespace levin::emulator

#endif
