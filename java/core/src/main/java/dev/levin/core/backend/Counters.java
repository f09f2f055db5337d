package dev.levin.core.backend;

import dev.levin.core.op.Op;
import dev.levin.core.op.OpCost;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Sums of what a backend was asked to do, per op name, from {@link OpCost}. Thread-safe. */
public final class Counters {
  /** Totals of one op. */
  public record Total(long launches, long flops, long bytes) {}

  private static final class Sums {
    final LongAdder launches = new LongAdder();
    final LongAdder flops = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder deviceNanos = new LongAdder();
  }

  private final Map<Class<?>, Sums> sums = new ConcurrentHashMap<>();

  public void add(Op op) {
    Sums sum = sums(op.getClass());
    sum.launches.increment();
    sum.flops.add(OpCost.flops(op));
    sum.bytes.add(OpCost.bytes(op));
  }

  /**
   * Adds what the device's own clock says of a launch; only backends that were asked to profile.
   */
  public void addDeviceNanos(Class<? extends Op> op, long nanos) {
    sums(op).deviceNanos.add(nanos);
  }

  private Sums sums(Class<? extends Op> op) {
    return sums.computeIfAbsent(op, key -> new Sums());
  }

  /** Nanoseconds on the device by op name, in alphabetical order; empty without profiling. */
  public Map<String, Long> deviceNanos() {
    Map<String, Long> nanos = new TreeMap<>();
    sums.forEach(
        (op, sum) -> {
          if (sum.deviceNanos.sum() > 0) {
            nanos.put(op.getSimpleName(), sum.deviceNanos.sum());
          }
        });
    return nanos;
  }

  /** Totals by op name, in alphabetical order. */
  public Map<String, Total> totals() {
    Map<String, Total> totals = new TreeMap<>();
    sums.forEach(
        (op, sum) ->
            totals.put(
                op.getSimpleName(),
                new Total(sum.launches.sum(), sum.flops.sum(), sum.bytes.sum())));
    return totals;
  }

  public void reset() {
    sums.clear();
  }
}
