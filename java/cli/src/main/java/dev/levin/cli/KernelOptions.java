package dev.levin.cli;

import dev.levin.measure.kernel.KernelBench;
import dev.levin.measure.kernel.KernelPlan;
import dev.levin.measure.kernel.KernelResult;
import dev.levin.measure.report.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which kernels are measured, and for how long. */
final class KernelOptions {
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

  /** Runs them; what a backend lacks is a message. */
  List<KernelResult> run(CommandIo io, String defaultOps) {
    KernelPlan plan =
        new KernelPlan(
            backends.choices(),
            shapes,
            pattern("--op", ops.isEmpty() ? defaultOps : ops),
            pattern("--dtype", dtypes),
            tokens,
            contexts,
            repetitions,
            millis);
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
