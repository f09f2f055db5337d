/*
 * What a kernel may ask of the block it runs in: indices, barriers, warp collectives, atomics, and the
 * checks behind every access. A warp collective is performed once, by the last lane to arrive, on the
 * arguments of all lanes.
 */
#ifndef LEVIN_EMULATOR_EXECUTION_H
#define LEVIN_EMULATOR_EXECUTION_H

#include <cstddef>
#include <cstdint>

#include "vectors.h"

/*
 * Constant to a kernel: each thread finds its own values whenever it runs. The emulator sets the variables
 * behind these names (block.cc).
 */
#define LEVIN_INDEX(name) \
  extern __thread const uint3 name __asm__("levin_emulator_" #name)
LEVIN_INDEX(threadIdx);
LEVIN_INDEX(blockIdx);
LEVIN_INDEX(blockDim);
LEVIN_INDEX(gridDim);
#undef LEVIN_INDEX

constexpr int warpSize = 32;

namespace levin::emulator {

struct Location {
  const char* file;
  int line;
};

/* Lane arguments of a collective; null where a lane takes no part. */
struct Lanes {
  void* arguments[32];
  uint32_t mask;

  template <class T>
  T* of(int lane) const {
    return static_cast<T*>(arguments[lane]);
  }
};

struct Collective {
  const char* name;
  void (*perform)(const Lanes& lanes);
};

/* Waits for every lane of mask that has not exited; all must bring the same collective. */
void warp_collective(const Collective& collective, uint32_t mask, void* arguments, Location where);

/* Ends the kernel with an error that blames the running thread, or a lane of its warp; never returns. */
[[noreturn]] void fault(const char* format, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void fault_of_lane(int lane, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

/* Faults unless the running thread may read or write these bytes. Reading demands written bytes. */
void check_read(const void* address, size_t bytes);
void check_write(const void* address, size_t bytes);
/* Marks shared bytes as not readable until they are written again: an asynchronous copy is under way. */
void mark_in_flight(const void* address, size_t bytes);
/* The same, of an access that a lane of the collective being performed makes. */
void check_read_of_lane(int lane, const void* address, size_t bytes);
void check_write_of_lane(int lane, const void* address, size_t bytes);

enum class Vote { kNone, kCount, kAnd, kOr };
int block_barrier(Vote vote, int predicate, Location where);
void named_barrier_sync(int id, int threads, Location where);
void named_barrier_arrive(int id, int threads, Location where);

/* Lets the other threads run: called wherever a kernel polls. Faults when nothing can ever change. */
void poll(const char* what, Location where);
/* Something that a polling thread may be waiting for has happened. */
void made_progress();

/* True in the lowest lane of the whole warp. */
bool elect(Location where);

int lane_id();
int warp_id();

void* dynamic_shared_memory();
size_t dynamic_shared_bytes();
/* Shared-space address, as 32-bit instructions and descriptors take it; faults outside shared memory. */
uint32_t shared_address(const void* pointer);
bool is_shared(const void* pointer);

}  // namespace levin::emulator

#endif
