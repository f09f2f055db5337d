package dev.levin.cli;

import dev.levin.core.DType;
import dev.levin.core.LevinException;
import dev.levin.engine.LlmOptions;
import dev.levin.models.DecoderOptions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where and in how much memory a model runs. */
final class RunOptions {
  /** Threads of the CPU backend; read when the backend starts. */
  private static final String THREADS_PROPERTY = "levin.cpu.threads";

  /** Short names of the cache types for which a dtype is not enough of a word. */
  private static final Map<String, DType> SHORT_NAMES =
      Map.of("F8", DType.F8_E4M3, "Q8", DType.Q8_0, "Q4", DType.Q4_0);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "B",
      description =
          "cpu, opencl, cuda or auto; what -Dlevin.backend or LEVIN_BACKEND says when not given.")
  private String backend;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description =
          "Longest text in tokens, prompt included; the model's own limit when not given.")
  private int context;

  @Option(
      names = "--slide",
      description =
          "When the context is full, drop the older half of the text and go on; without it the"
              + " text ends there.")
  private boolean slide;

  @Option(
      names = "--kv-dtype",
      paramLabel = "TYPE",
      description = "Type of cached keys and values, for example f32, f16, bf16; default f32.")
  private String kvDtype;

  @Option(
      names = "--activations",
      paramLabel = "TYPE",
      description =
          "Type of what layers hand on: f32, f16 or bf16, as far as the backend has it; what"
              + " -Dlevin.activations says when not given, else f32.")
  private String activations;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of the CPU backend; all cores when not given.")
  private Integer threads;

  /** The options; sets the thread count for the process as a side effect. */
  LlmOptions.Builder toOptions() {
    if (context < 0) {
      throw new ParameterException(
          spec.commandLine(), "--ctx is " + context + ", expected 0 or more");
    }
    if (threads != null) {
      if (threads < 1) {
        throw new ParameterException(
            spec.commandLine(), "--threads is " + threads + ", expected 1 or more");
      }
      System.setProperty(THREADS_PROPERTY, threads.toString());
    }
    LlmOptions.Builder options =
        LlmOptions.builder()
            .backend(backend)
            .contextLength(context)
            .maxSequences(1)
            .slidingContext(slide);
    if (activations != null) {
      options.activations(activations(spec, activations));
    }
    return kvDtype == null ? options : options.kvDtype(kvDtype(spec, kvDtype));
  }

  private static DType activations(CommandSpec spec, String name) {
    try {
      return DecoderOptions.activations("--activations", name);
    } catch (LevinException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** The type of cached keys and values that an option {@code --kv-dtype} names. */
  static DType kvDtype(CommandSpec spec, String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    DType brief = SHORT_NAMES.get(upper);
    if (brief != null) {
      return brief;
    }
    for (DType dtype : List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0)) {
      if (dtype.name().equals(upper)) {
        return dtype;
      }
    }
    StringJoiner names = new StringJoiner(", ");
    List.of("f32", "f16", "bf16", "f8", "q8", "q4").forEach(names::add);
    throw new ParameterException(
        spec.commandLine(), "--kv-dtype is '" + name + "', expected one of " + names);
  }
}
