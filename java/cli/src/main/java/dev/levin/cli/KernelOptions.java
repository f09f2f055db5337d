package dev.levin.cli;

import dev.levin.core.backend.Backends;
import dev.levin.core.backend.Tuning;
import dev.levin.measure.kernel.KernelBench;
import dev.levin.measure.kernel.KernelPlan;
import dev.levin.measure.kernel.KernelResult;
import dev.levin.measure.kernel.KernelTuner;
import dev.levin.measure.report.Numbers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which kernels are measured, and for how long. */
final class KernelOptions {
  /** Types of weights and caches that stand for the others in a search. */
  private static final String TUNED_DTYPES = "^(F16|Q4_0|Q4_K|Q8_0)$";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private BackendLists backends;

  @Option(
      names = "--shapes",
      split = ",",
      paramLabel = "MODEL",
      description =
          "Whose shapes: llama-1b, llama-3b, llama-8b, qwen3-0.6b, qwen3-30b-a3b,"
              + " deepseek-v2-lite, mamba2-370m, tiny. Default: ${DEFAULT-VALUE}.")
  private List<String> shapes =
      List.of("llama-1b", "qwen3-0.6b", "qwen3-30b-a3b", "deepseek-v2-lite", "mamba2-370m");

  @Option(
      names = "--op",
      paramLabel = "REGEX",
      description = "Only ops in whose name this is found, for example 'linear|attention'.")
  private String ops = "";

  @Option(
      names = "--dtype",
      paramLabel = "REGEX",
      description = "Only types of weight or cache in whose name this is found.")
  private String dtypes = "";

  @Option(
      names = "--tokens",
      split = ",",
      paramLabel = "T",
      defaultValue = "1,8,128",
      description = "Tokens of a step; default ${DEFAULT-VALUE}.")
  private List<Integer> tokens;

  @Option(
      names = "--context",
      split = ",",
      paramLabel = "S",
      defaultValue = "1024",
      description = "Keys that attention sees; default ${DEFAULT-VALUE}.")
  private List<Integer> contexts;

  @Option(
      names = {"-r", "--repetitions"},
      paramLabel = "N",
      defaultValue = "10",
      description = "Timed batches of each kernel; default ${DEFAULT-VALUE}.")
  private int repetitions;

  @Option(
      names = "--time",
      paramLabel = "MS",
      defaultValue = "300",
      description =
          "About how long each kernel is timed, in milliseconds; default ${DEFAULT-VALUE}.")
  private int millis;

  private KernelPlan plan(String defaultOps, String defaultDtypes) {
    return new KernelPlan(
        backends.choices(),
        shapes,
        pattern("--op", ops.isEmpty() ? defaultOps : ops),
        pattern("--dtype", dtypes.isEmpty() ? defaultDtypes : dtypes),
        tokens,
        contexts,
        repetitions,
        millis);
  }

  /** Searches the sizes of the one backend named and keeps the best for it. */
  void tune(CommandIo io) throws IOException {
    KernelPlan plan = plan("", TUNED_DTYPES);
    Set<String> names = new TreeSet<>();
    plan.backends().forEach(choice -> names.add(choice.name()));
    if (names.size() != 1 || names.contains(Backends.AUTO)) {
      throw new ParameterException(
          spec.commandLine(), "--tune needs one backend by name, for example --backend opencl");
    }
    String name = names.iterator().next();
    Tuning tuning =
        Backends.tuning(name)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(), "the " + name + " backend has nothing to tune"));
    KernelTuner tuner =
        new KernelTuner(
            plan,
            (knob, candidate, micros) ->
                io.message("%s %d: %s us".formatted(knob, candidate, Numbers.significant(micros))));
    Map<String, Integer> best = tuner.search(tuning);
    String place = tuning.store(best);
    for (Map.Entry<String, Integer> knob : best.entrySet()) {
      io.writeLine(knob.getKey() + " = " + knob.getValue());
    }
    io.message("kept in " + place);
  }

  /** Runs them; what a backend lacks is a message. */
  List<KernelResult> run(CommandIo io, String defaultOps) {
    KernelPlan plan = plan(defaultOps, "");
    List<KernelResult> results = new ArrayList<>();
    new KernelBench(
            plan,
            new KernelBench.Listener() {
              @Override
              public void finished(KernelResult result) {
                results.add(result);
                io.message(
                    "%s %s %s %s: %s us"
                        .formatted(
                            result.place(),
                            result.op(),
                            result.dtype(),
                            result.shape(),
                            Numbers.significant(result.micros())));
              }

              @Override
              public void profiled(KernelResult result, double deviceMicros) {
                io.message(
                    "  of which on the device: %s us".formatted(Numbers.significant(deviceMicros)));
              }

              @Override
              public void unsupported(String backend, String kernel, String reason) {
                io.message(backend + " lacks " + kernel + ": " + reason);
              }
            })
        .run();
    return results;
  }

  private Pattern pattern(String option, String text) {
    try {
      return Pattern.compile(text, Pattern.CASE_INSENSITIVE);
    } catch (PatternSyntaxException e) {
      throw new ParameterException(
          spec.commandLine(), option + " is '" + text + "': " + e.getDescription());
    }
  }
}
