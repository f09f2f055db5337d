/* Bulk copies that have been started and not yet made. */
#ifndef LEVIN_EMULATOR_BULK_H
#define LEVIN_EMULATOR_BULK_H

#include <cstddef>
#include <cstdint>

namespace levin::emulator {

constexpr int kMaxRank = 5;

/* What a CUtensorMap holds. Dimensions and strides innermost first; strides in bytes. */
struct TensorMap {
  uint64_t magic;
  char* address;
  uint32_t dimensions[kMaxRank];
  uint16_t box[kMaxRank];
  uint8_t rank;
  uint8_t element_bytes;
  uint8_t swizzle_bits;
  uint8_t fill_byte;
  uint64_t strides[kMaxRank];
};

/* Global bytes of a box or, with rank 0, of a contiguous range. */
struct BulkCopy {
  TensorMap map;
  int32_t coordinates[kMaxRank];
  char* global;
  uint32_t bytes;
  char* shared;
  uint64_t* barrier;
  int thread;
  uint32_t group;
};

/* Makes the loads that report to the barrier. */
void finish_loads(uint64_t* barrier);
/* Makes the stores of the running thread but those of the latest groups. */
void finish_stores(int pending_groups);

}  // namespace levin::emulator

#endif
