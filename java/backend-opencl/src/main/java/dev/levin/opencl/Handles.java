package dev.levin.opencl;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the OpenCL objects that this process holds, so that tests can see what was left open. */
final class Handles {
  private static final AtomicLong LIVE = new AtomicLong();

  private Handles() {}

  static void opened() {
    LIVE.incrementAndGet();
  }

  static void released() {
    LIVE.decrementAndGet();
  }

  /** Contexts, queues, programs, kernels and buffers that have not been released. */
  static long live() {
    return LIVE.get();
  }
}
