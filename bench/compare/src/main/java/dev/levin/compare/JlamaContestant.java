package dev.levin.compare;

import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.model.functions.Generator;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import dev.levin.measure.model.Workload;
import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * Jlama with its native kernels. It reads no GGUF: the weights come from a folder in its own Q4,
 * made of the same model, and the working type of activations is I8 as its command line has it.
 * Timed as {@link LlamaCppContestant} is.
 */
final class JlamaContestant implements Contestant {
  private static final int PROMPT_OF_GENERATION = 8;

  private final AbstractModel model;

  JlamaContestant(Path folder, Path workFolder, int threads) {
    model =
        ModelSupport.loadModel(
            folder.toFile(),
            new File(workFolder.toString()),
            DType.F32,
            DType.I8,
            Optional.empty(),
            Optional.of(threads));
  }

  @Override
  public String details() {
    return "jlama-core " + Versions.of("com.github.tjake", "jlama-core") + ", Q4 of its own";
  }

  @Override
  public long[] time(Workload workload, int repetitions) {
    int promptTokens =
        workload.promptTokens() == 0 ? PROMPT_OF_GENERATION : workload.promptTokens();
    String prompt = PromptText.of(promptTokens, text -> model.getTokenizer().encode(text).length);
    return Repeated.time(
        repetitions,
        () -> {
          long first = generate(prompt, promptTokens, 1);
          int generated = workload.generatedTokens();
          long more = generated == 0 ? 0 : generate(prompt, promptTokens, generated + 1) - first;
          return workload.promptTokens() == 0 ? more : first + more;
        });
  }

  private long generate(String prompt, int promptTokens, int tokens) {
    long start = System.nanoTime();
    Generator.Response response =
        model.generate(
            UUID.randomUUID(), PromptContext.of(prompt), 0, promptTokens + tokens, (s, f) -> {});
    long nanos = System.nanoTime() - start;
    if (Math.abs(response.generatedTokens - tokens) > 1) {
      throw new IllegalStateException(
          "Jlama generated %d tokens, %d were asked for"
              .formatted(response.generatedTokens, tokens));
    }
    return nanos;
  }

  @Override
  public void close() {
    model.close();
  }
}
