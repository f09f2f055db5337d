package dev.levin.measure.model;

import dev.levin.core.DType;
import dev.levin.measure.BackendChoice;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists of everything that may vary; what is measured is their product.
 *
 * @param maxTokensPerStep most tokens of a prompt in one forward pass
 * @param depths tokens in the cache before the clock starts
 * @param repetitions timed runs of each test
 * @param warmups runs of each test before those, at least; unless 0, more follow until the JVM's
 *     compiler rests, for ten seconds at most
 */
public record BenchPlan(
    List<ModelChoice> models,
    List<BackendChoice> backends,
    List<DType> kvDtypes,
    List<Integer> maxTokensPerStep,
    List<Integer> depths,
    List<Workload> workloads,
    int repetitions,
    int warmups) {

  /** Longer contexts than this are a slip of the finger. */
  private static final int MAX_TOKENS = 1 << 24;

  public BenchPlan {
    models = filled("models", models);
    backends = filled("backends", backends);
    kvDtypes = filled("KV types", kvDtypes);
    maxTokensPerStep = filled("tokens per step", maxTokensPerStep);
    depths = filled("depths", depths);
    workloads = filled("tests", workloads);
    maxTokensPerStep.forEach(size -> range("tokens per step", size, 1));
    depths.forEach(depth -> range("the depth", depth, 0));
    workloads.forEach(test -> range("tokens of " + test.label(), test.tokens(), 1));
    range("repetitions", repetitions, 1);
    range("warm-ups", warmups, 0);
  }

  private static <T> List<T> filled(String what, List<T> list) {
    if (list.isEmpty()) {
      throw new IllegalArgumentException("nothing to measure: no " + what + " are given");
    }
    return List.copyOf(list);
  }

  private static void range(String what, int value, int least) {
    if (value < least || value > MAX_TOKENS) {
      throw new IllegalArgumentException(
          "%s: %d is outside %d to %d".formatted(what, value, least, MAX_TOKENS));
    }
  }

  /** What is measured on one model and one open backend, in the order of the table. */
  public List<BenchCase> cases() {
    List<BenchCase> cases = new ArrayList<>();
    for (DType kvDtype : kvDtypes) {
      for (int step : maxTokensPerStep) {
        for (int depth : depths) {
          for (Workload workload : workloads) {
            cases.add(new BenchCase(kvDtype, step, depth, workload));
          }
        }
      }
    }
    return cases;
  }

  /** Tests over all models and backends. */
  public int size() {
    return models.size() * backends.size() * cases().size();
  }

  /** Longest sequence in tokens. */
  int longest() {
    int longest = 0;
    for (BenchCase one : cases()) {
      longest = Math.max(longest, one.depth() + one.workload().tokens());
    }
    return longest;
  }
}
