/* mbarrier objects in shared memory. */
#ifndef LEVIN_EMULATOR_MBARRIER_H
#define LEVIN_EMULATOR_MBARRIER_H

#include "execution.h"

namespace levin::emulator {

void mbarrier_init(uint64_t* barrier, uint32_t count);
void mbarrier_arrive(uint64_t* barrier, uint32_t expected_bytes);
/* Bytes that a bulk copy has brought. */
void mbarrier_complete(uint64_t* barrier, uint32_t bytes);
/* Lets the copies that report to the barrier happen; if the phase has not ended, other threads run. */
bool mbarrier_try_wait(uint64_t* barrier, uint32_t parity, Location where);

}  // namespace levin::emulator

#endif
