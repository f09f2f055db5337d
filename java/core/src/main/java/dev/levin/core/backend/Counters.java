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
  }

  private final Map<Class<?>, Sums> sums = new ConcurrentHashMap<>();

  public void add(Op op) {
    Sums sum = sums.computeIfAbsent(op.getClass(), key -> new Sums());
    sum.launches.increment();
    sum.flops.add(OpCost.flops(op));
    sum.bytes.add(OpCost.bytes(op));
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
