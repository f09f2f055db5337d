package dev.levin.measure.kernel;

import dev.levin.measure.BackendChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which kernels are measured.
 *
 * @param models names of model shapes, for example {@code llama-1b}
 * @param ops found in the names of ops, whatever the case of letters
 * @param dtypes found in the names of types, whatever the case of letters
 * @param tokens T of the steps
 * @param contexts keys that attention sees
 * @param samples timed batches of each kernel
 * @param millis about how long each kernel is measured
 */
public record KernelPlan(
    List<BackendChoice> backends,
    List<String> models,
    Pattern ops,
    Pattern dtypes,
    List<Integer> tokens,
    List<Integer> contexts,
    int samples,
    int millis) {
  private static final int MAX_TOKENS = 1 << 20;

  public KernelPlan {
    backends = List.copyOf(backends);
    models = List.copyOf(models);
    tokens = List.copyOf(tokens);
    contexts = List.copyOf(contexts);
    tokens.forEach(count -> range("tokens", count));
    contexts.forEach(count -> range("the context", count));
    range("samples", samples);
    range("milliseconds", millis);
  }

  private static void range(String what, int value) {
    if (value < 1 || value > MAX_TOKENS) {
      throw new IllegalArgumentException(
          "%s: %d is outside 1 to %d".formatted(what, value, MAX_TOKENS));
    }
  }

  /** The same plan for other ops and steps. */
  KernelPlan with(Pattern otherOps, List<Integer> otherTokens) {
    return new KernelPlan(
        backends, models, otherOps, dtypes, otherTokens, contexts, samples, millis);
  }

  /**
   * What the filters leave, model by model.
   *
   * @throws IllegalArgumentException when that is nothing
   */
  List<KernelCase> cases() {
    List<KernelCase> chosen = new ArrayList<>();
    for (String model : models) {
      for (KernelCase one : KernelCases.of(ModelSizes.of(model), tokens, contexts)) {
        if (ops.matcher(one.op()).find() && dtypes.matcher(one.dtype().name()).find()) {
          chosen.add(one);
        }
      }
    }
    if (chosen.isEmpty()) {
      throw new IllegalArgumentException(
          "no kernel of %s has an op like '%s' and a type like '%s'"
              .formatted(String.join(", ", models), ops, dtypes));
    }
    return chosen;
  }
}
