package dev.levin.cli;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.engine.LlmOptions;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.tokenizer.Tokenizer;
import dev.levin.measure.perplexity.Perplexity;
import dev.levin.measure.perplexity.PerplexityResult;
import dev.levin.measure.report.Numbers;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How well a model predicts a text. */
@Command(
    name = "perplexity",
    description = "Measures how well a model predicts a text, and how far it is from another.",
    mixinStandardHelpOptions = true)
final class PerplexityCommand implements Callable<Integer> {
  private static final int PAGE_SIZE = 16;

  private final CommandIo io;

  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Mixin private RunOptions run;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "TEXT",
      description = "The text, UTF-8; special tokens in it are read as such. - for standard input.")
  private String text;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens read as one, BOS included; default ${DEFAULT-VALUE}.")
  private int chunk;

  @Option(
      names = "--skip",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Predictions at the start of each chunk that do not count; default ${DEFAULT-VALUE}.")
  private int skip;

  @Option(
      names = "--kl-base",
      paramLabel = "FILE|FOLDER",
      description = "Another model with the same tokens, to tell the KL divergence from.")
  private Path base;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  PerplexityCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    LlmOptions options = run.toOptions().build();
    if (chunk < 2) {
      throw new ParameterException(
          spec.commandLine(), "--chunk is " + chunk + ", expected 2 or more");
    }
    String content = text.equals("-") ? io.readAll() : Files.readString(Path.of(text));
    String name = options.backend() == null ? Backends.configured() : options.backend();
    try (ModelSource source = model.open();
        ModelSource other = base == null ? null : ModelFiles.open(base);
        Backend backend = Backends.open(name);
        Decoder decoder = load(source, backend, options);
        Decoder otherDecoder = other == null ? null : load(other, backend, options)) {
      Tokenizer tokenizer = source.tokenizer();
      int[] tokens = tokenizer.encode(content, false, true);
      if (other != null && !Arrays.equals(tokens, other.tokenizer().encode(content, false, true))) {
        throw new UserException(base + ": makes other tokens of this text than the model");
      }
      Perplexity perplexity =
          new Perplexity(decoder, otherDecoder, chunk, skip, tokenizer.bosId().orElse(-1));
      PerplexityResult result = measure(perplexity, tokens);
      io.write(json ? Json.pretty(fields(result)) + "\n" : describe(result));
    }
    return ExitCode.OK;
  }

  private Decoder load(ModelSource source, Backend backend, LlmOptions options) {
    DecoderConfig config = DecoderConfig.read(source.metadata(), source.naming(), source.weights());
    if (chunk > config.contextLength()) {
      throw new UserException(
          "--chunk %d is longer than the context of %s, %d tokens"
              .formatted(chunk, source.name(), config.contextLength()));
    }
    int pages = Math.ceilDiv(chunk, PAGE_SIZE);
    int slots = config.hasRecurrentState() ? 1 : 0;
    return Decoder.load(
        config,
        source.weights(),
        backend,
        new DecoderOptions(
            chunk, PAGE_SIZE, pages, options.kvDtype(), slots, options.activationType()));
  }

  private PerplexityResult measure(Perplexity perplexity, int[] tokens) {
    try (TaskBar bar = new TaskBar(io, "perplexity", tokens.length)) {
      return perplexity.run(
          tokens,
          (done, total, now) -> bar.at(done, Double.isNaN(now) ? "" : Numbers.fixed(now, 4)));
    }
  }

  private String describe(PerplexityResult result) {
    StringBuilder text = new StringBuilder();
    text.append(
        "perplexity %s ± %s (%d tokens, %d predictions, %d chunks of %d)\n"
            .formatted(
                Numbers.fixed(result.perplexity(), 4),
                Numbers.fixed(result.standardError(), 4),
                result.tokens(),
                result.predictions(),
                result.chunks(),
                chunk));
    PerplexityResult.Divergence divergence = result.divergence();
    if (divergence != null) {
      text.append(
          "base       %s, ratio %s\n"
              .formatted(
                  Numbers.fixed(divergence.basePerplexity(), 4),
                  Numbers.fixed(result.perplexity() / divergence.basePerplexity(), 5)));
      text.append(
          "KL         %s ± %s nats a token, at most %s\n"
              .formatted(
                  Numbers.fixed(divergence.mean(), 6),
                  Numbers.fixed(divergence.standardError(), 6),
                  Numbers.fixed(divergence.most(), 4)));
      text.append("same best  %s %%\n".formatted(Numbers.fixed(100 * divergence.sameBest(), 2)));
    }
    return text.toString();
  }

  private Map<String, Object> fields(PerplexityResult result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("text", text);
    fields.put("chunk", chunk);
    fields.put("skip", skip);
    fields.put("result", PlainData.of(result));
    return fields;
  }
}
