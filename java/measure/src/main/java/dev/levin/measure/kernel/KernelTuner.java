package dev.levin.measure.kernel;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Tuning;
import dev.levin.measure.Statistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Searches the numbers of a {@link Tuning}, one knob after another: each candidate runs the kernels
 * of a plan that the knob decides, and the one with the smallest geometric mean of times stays.
 */
public final class KernelTuner {
  /** A candidate must be this much faster than what is in effect: smaller gains are noise. */
  private static final double GAIN = 0.98;

  /** Told what happens, on the thread that measures. */
  @FunctionalInterface
  public interface Listener {
    /**
     * After each candidate.
     *
     * @param micros geometric mean of the median times of one launch
     */
    void measured(String knob, int candidate, double micros);
  }

  private final KernelPlan plan;
  private final Listener listener;

  /**
   * A search.
   *
   * @param plan which shapes and types count; its ops and tokens are left to the knobs
   */
  public KernelTuner(KernelPlan plan, Listener listener) {
    this.plan = plan;
    this.listener = listener;
  }

  /**
   * The best numbers found.
   *
   * @throws IllegalArgumentException when the plan has no kernel that a knob decides
   */
  public Map<String, Integer> search(Tuning tuning) {
    Map<String, Integer> best = new LinkedHashMap<>(tuning.current());
    for (Tuning.Knob knob : tuning.knobs()) {
      List<KernelCase> cases = plan.with(pattern(knob.op()), knob.tokens()).cases();
      int inEffect = best.get(knob.name());
      double bestMicros = micros(tuning, best, cases);
      listener.measured(knob.name(), inEffect, bestMicros);
      double limit = GAIN * bestMicros;
      for (int candidate : knob.candidates()) {
        Map<String, Integer> values = new LinkedHashMap<>(best);
        values.put(knob.name(), candidate);
        if (candidate == inEffect || !tuning.isPossible(values)) {
          continue;
        }
        double micros = micros(tuning, values, cases);
        listener.measured(knob.name(), candidate, micros);
        if (micros < limit) {
          limit = micros;
          best.put(knob.name(), candidate);
        }
      }
    }
    return best;
  }

  private static Pattern pattern(String op) {
    return Pattern.compile("^" + Pattern.quote(op) + "$");
  }

  private double micros(Tuning tuning, Map<String, Integer> values, List<KernelCase> cases) {
    try (Backend backend = tuning.open(values)) {
      double logs = 0;
      for (KernelCase one : cases) {
        logs += Math.log(Statistics.median(KernelBench.nanos(one, backend, plan)) / 1e3);
      }
      return Math.exp(logs / cases.size());
    }
  }
}
