package dev.levin.cpu;

import dev.levin.core.DType;

/**
 * Attention over a slice of keys in one call. The result of a row depends on its own query and keys
 * alone, to the bit, whichever rows are beside it, and on where the slice begins and ends.
 */
public interface SliceKernels {
  /** Whether caches of this dtype can be read. */
  boolean reads(DType dtype);

  /** What one thread works with. */
  Worker newWorker();

  /** One thread's kernels and scratch memory; not for use by several threads. */
  interface Worker {
    /** Fills the slice's empty result. */
    void attend(AttentionSlice slice);
  }
}
