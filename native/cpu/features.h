/* What this processor can run, and which kernels that means. */
#ifndef LEVIN_CPU_FEATURES_H
#define LEVIN_CPU_FEATURES_H

#include "kernels.h"

namespace levin {

uint64_t detect_features();

/* The kernels of an instruction set, or null when they are not compiled in or cannot run here. */
const KernelSet* kernels_for(int32_t isa);

/* The best instruction set whose kernels can run here. */
int32_t best_isa();

}  // namespace levin

#endif
