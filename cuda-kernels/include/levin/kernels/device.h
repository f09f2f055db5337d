// What a device needs before any kernel can run.
#pragma once

#include "levin/kernels/status.h"

namespace levin {

// Unsupported where this library was built without code for the current device.
Status check_device_code();

}  // namespace levin
