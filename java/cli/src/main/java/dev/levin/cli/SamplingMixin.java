package dev.levin.cli;

import dev.levin.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How tokens are drawn. Without any of these the most likely token is taken every time. */
final class SamplingMixin {
  private static final Map<String, String> OPTIONS =
      Map.of(
          "temperature", "--temp",
          "topK", "--top-k",
          "topP", "--top-p",
          "minP", "--min-p",
          "repetitionPenalty", "--repeat-penalty",
          "presencePenalty", "--presence-penalty",
          "frequencyPenalty", "--frequency-penalty");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--temp",
      paramLabel = "T",
      description =
          "Temperature; 0, the default, takes the most likely token, 1 follows the model's odds.")
  private double temperature;

  @Option(names = "--top-k", paramLabel = "K", description = "Keep the K most likely tokens.")
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Keep the fewest tokens that have probability P together.")
  private Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Keep tokens at least P times as likely as the most likely one.")
  private Double minP;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Draw the same tokens every time; a random seed when not given.")
  private Long seed;

  @Option(
      names = "--repeat-penalty",
      paramLabel = "R",
      description = "Divide the logits of tokens seen; 1 for none.")
  private Double repeatPenalty;

  @Option(
      names = "--presence-penalty",
      paramLabel = "R",
      description = "Take this once from the logits of tokens seen.")
  private Double presencePenalty;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "R",
      description = "Take this from the logits for every time a token was seen.")
  private Double frequencyPenalty;

  SamplingOptions toOptions() {
    SamplingOptions.Builder options = SamplingOptions.builder().temperature(temperature);
    if (topK != null) {
      options.topK(topK);
    }
    if (topP != null) {
      options.topP(topP);
    }
    if (minP != null) {
      options.minP(minP);
    }
    if (seed != null) {
      options.seed(seed);
    }
    if (repeatPenalty != null) {
      options.repetitionPenalty(repeatPenalty);
    }
    if (presencePenalty != null) {
      options.presencePenalty(presencePenalty);
    }
    if (frequencyPenalty != null) {
      options.frequencyPenalty(frequencyPenalty);
    }
    try {
      return options.build();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), inWordsOfTheCommand(e.getMessage()));
    }
  }

  /** The engine names its own fields first; a user of the command knows the options. */
  private static String inWordsOfTheCommand(String message) {
    String field = message.substring(0, Math.max(0, message.indexOf(' ')));
    return OPTIONS.getOrDefault(field, field) + message.substring(field.length());
  }

  /** Options given that change nothing because nothing is drawn. */
  List<String> withoutEffect() {
    List<String> names = new ArrayList<>();
    if (temperature == 0) {
      addIf(topK != null, "--top-k", names);
      addIf(topP != null, "--top-p", names);
      addIf(minP != null, "--min-p", names);
    }
    return names;
  }

  private static void addIf(boolean given, String name, List<String> names) {
    if (given) {
      names.add(name);
    }
  }
}
