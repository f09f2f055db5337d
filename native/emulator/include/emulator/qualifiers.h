/*
 * CUDA's declaration qualifiers as g++ reads them. A block runs on one OS thread, so shared memory is
 * thread-local storage; its variables are found again through the library's symbol table.
 */
#ifndef LEVIN_EMULATOR_QUALIFIERS_H
#define LEVIN_EMULATOR_QUALIFIERS_H

#define __host__
#define __device__
#define __global__
#define __constant__
#define __managed__
#define __grid_constant__
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define __shared__ static thread_local
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))

/* Where a device function was called from, for reports. */
#define LEVIN_CALLED_FROM const char *file = __builtin_FILE(), int line = __builtin_LINE()

#endif
