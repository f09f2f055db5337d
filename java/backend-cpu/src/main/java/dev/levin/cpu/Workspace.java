package dev.levin.cpu;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Arrays that one worker keeps from op to op, so that steady state allocates nothing. What an array
 * holds on entry is undefined.
 */
final class Workspace {
  /** What an array is for; within one op, each is used for one thing. */
  enum Slot {
    WEIGHTS,
    RESULTS,
    SCRATCH,
    QUERIES,
    KEYS,
    VALUES,
    SCORES,
    SUMS,
    MAXIMA,
    TOTALS,
    ROW,
    STATE,
    INPUT
  }

  private final float[][] arrays = new float[Slot.values().length][0];
  private int[] offsets = {};
  private final Map<EncodedKernels, EncodedKernels.Worker> encoded = new IdentityHashMap<>();

  /** An array of at least {@code size} floats. */
  float[] floats(Slot slot, int size) {
    float[] array = arrays[slot.ordinal()];
    if (array.length < size) {
      array = new float[size];
      arrays[slot.ordinal()] = array;
    }
    return array;
  }

  /** What this worker multiplies encoded weights with. */
  EncodedKernels.Worker encoded(EncodedKernels kernels) {
    return encoded.computeIfAbsent(kernels, EncodedKernels::newWorker);
  }

  /** An array that starts with the multiples 0, step, 2 * step, ... of {@code step}. */
  int[] multiples(int step, int count) {
    if (offsets.length < count) {
      offsets = new int[count];
    }
    for (int i = 0; i < count; i++) {
      offsets[i] = i * step;
    }
    return offsets;
  }
}
