package dev.levin.core.backend;

/** A queue of work on a device; ops launched on one stream run in order. */
public interface Stream {
  /** Waits until everything launched so far is done and reports what failed. */
  void synchronize();
}
