/* The emulator's cuda_runtime.h: what a kernel and its launcher need, without a CUDA toolkit. */
#ifndef LEVIN_EMULATOR_CUDA_RUNTIME_H
#define LEVIN_EMULATOR_CUDA_RUNTIME_H

#include "cuda_runtime_api.h"
#include "emulator/atomics.h"
#include "emulator/execution.h"
#include "emulator/math.h"
#include "emulator/vectors.h"
#include "emulator/warp.h"

#endif
