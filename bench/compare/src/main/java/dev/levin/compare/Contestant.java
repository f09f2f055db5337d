package dev.levin.compare;

import dev.levin.measure.model.Workload;

/** An engine with a model loaded, ready to be timed. */
interface Contestant extends AutoCloseable {
  /** What the table says of it: version, kernels, weight type where it is another. */
  String details();

  /** Nanoseconds of each of {@code repetitions} runs after one warm-up. */
  long[] time(Workload workload, int repetitions);

  @Override
  void close();
}
