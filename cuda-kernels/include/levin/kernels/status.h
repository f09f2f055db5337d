// What a launcher returns. The numbers are those of levin_status.
#pragma once

#include <cstdint>

namespace levin {

enum class Status : int32_t {
  kOk = 0,
  kInvalidArgument = 1,
  kUnsupported = 2,
  kOutOfMemory = 3,
  kDeviceLost = 4,
  kNoDriver = 5,
  kInternal = 6,
};

}  // namespace levin
