package dev.levin.compare;

import java.util.function.LongSupplier;

/** Runs something once to warm up and then as often as asked. */
final class Repeated {
  private Repeated() {}

  static long[] time(int repetitions, LongSupplier run) {
    run.getAsLong();
    long[] nanos = new long[repetitions];
    for (int i = 0; i < repetitions; i++) {
      nanos[i] = run.getAsLong();
    }
    return nanos;
  }
}
