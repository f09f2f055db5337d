package dev.levin.measure;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/**
 * Tells whether the JVM's compiler is still at work on what runs. It shares the processors with
 * what is measured, and code that waits for it runs many times slower.
 */
public final class JitRest {
  /** Milliseconds of compilation in a second of running that no longer count. */
  private static final double RESTING = 20;

  /** Null in a JVM that interprets. */
  private final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();

  private long compiledMillis = compiled();
  private long at = System.nanoTime();

  /** Whether the compiler was at rest since the last call, or since the start. */
  public boolean rested() {
    long millis = compiled();
    long now = System.nanoTime();
    boolean rested = millis - compiledMillis <= RESTING * (now - at) / 1e9;
    compiledMillis = millis;
    at = now;
    return rested;
  }

  private long compiled() {
    return compiler == null || !compiler.isCompilationTimeMonitoringSupported()
        ? 0
        : compiler.getTotalCompilationTime();
  }
}
