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
    SUMS,
    ROW,
    STATE,
    INPUT
  }

  private final int worker;
  private final float[][] arrays = new float[Slot.values().length][0];
  private final AttentionSlice slice = new AttentionSlice();
  private final PartialAttention running = new PartialAttention();
  private final Map<SliceKernels, SliceKernels.Worker> attention = new IdentityHashMap<>();
  private final Map<EncodedKernels, EncodedKernels.Worker> encoded = new IdentityHashMap<>();

  Workspace(int worker) {
    this.worker = worker;
  }

  /** Which of the pool's threads works here, the caller's being 0. */
  int worker() {
    return worker;
  }

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

  /** What this worker attends with. */
  SliceKernels.Worker attention(SliceKernels kernels) {
    return attention.computeIfAbsent(kernels, SliceKernels::newWorker);
  }

  /** The queries that this worker has in hand. */
  AttentionSlice slice() {
    return slice;
  }

  /** What slices join in. */
  PartialAttention running() {
    return running;
  }
}
