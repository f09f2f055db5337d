/* Vector accesses with hints, and the copies of cp.async. */
#ifndef LEVIN_EMULATOR_COPIES_H
#define LEVIN_EMULATOR_COPIES_H

#include "execution.h"

namespace levin::emulator {

uint4 load_global_16(const void* address);
void store_global_16(void* address, uint4 value);

/*
 * The copy happens no sooner than the thread waits for it: bytes read before that are reported as
 * uninitialised, a source changed before that shows in the result.
 */
void start_copy(void* shared, const void* global, uint32_t bytes, uint32_t source_bytes);
void commit_copies();
void wait_for_copies(int pending_groups);

}  // namespace levin::emulator

#endif
