package dev.levin.cli;

import dev.levin.engine.GenerationOptions;
import dev.levin.engine.sampling.SamplingOptions;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a text becomes and how its tokens are drawn. */
final class GenerationMixin {
  private static final int UNLIMITED = -1;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      defaultValue = "-1",
      description =
          "Most tokens to generate; -1, the default, until the model or the context ends.")
  private int maxTokens;

  @Option(
      names = "--stop",
      paramLabel = "S",
      description = "End before this text; may be given several times.")
  private List<String> stop = List.of();

  @Option(names = "--quiet", description = "Print no statistics and no messages other than errors.")
  private boolean quiet;

  @Mixin private SamplingMixin sampling;

  boolean quiet() {
    return quiet;
  }

  /** Parses the options, and notes on {@code io} those that change nothing. */
  GenerationOptions.Builder toOptions(CommandIo io) {
    if (maxTokens < UNLIMITED) {
      throw new ParameterException(
          spec.commandLine(), "-n is " + maxTokens + ", expected 0 or more, or -1");
    }
    SamplingOptions drawing = sampling.toOptions();
    List<String> ignored = sampling.withoutEffect();
    if (!ignored.isEmpty() && !quiet) {
      io.message("levin: " + String.join(", ", ignored) + " without effect: --temp is 0");
    }
    return GenerationOptions.builder()
        .maxTokens(maxTokens == UNLIMITED ? Integer.MAX_VALUE : maxTokens)
        .stop(stop)
        .sampling(drawing);
  }
}
