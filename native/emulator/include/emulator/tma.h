/*
 * Bulk copies. A load happens when somebody waits for its barrier, a store when its thread waits for its
 * group or ends: no sooner than the program can rely on it.
 */
#ifndef LEVIN_EMULATOR_TMA_H
#define LEVIN_EMULATOR_TMA_H

#include <cuda.h>

#include "execution.h"

namespace levin::emulator {

void check_tensor_map(const CUtensorMap* map);
void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier);
void bulk_store(void* global, const void* shared, uint32_t bytes);
void tma_load(int rank, void* shared, const CUtensorMap* map, uint64_t* barrier, const int32_t* coordinates);
void tma_store(int rank, const CUtensorMap* map, const void* shared, const int32_t* coordinates);
void bulk_commit();
void bulk_wait(int pending_groups);

}  // namespace levin::emulator

#endif
