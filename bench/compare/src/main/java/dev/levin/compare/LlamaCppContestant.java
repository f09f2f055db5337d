package dev.levin.compare;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import dev.levin.measure.model.Workload;
import java.nio.file.Path;

/**
 * llama.cpp through java-llama.cpp, with the library that its jar carries. Its interface has no
 * forward pass, so a prompt is timed to its first token, and generation is the time of n + 1 tokens
 * less that of one. Sampling is greedy and no text is reused between runs.
 */
final class LlamaCppContestant implements Contestant {
  private static final int SLACK_TOKENS = 64;
  private static final int PROMPT_OF_GENERATION = 8;

  private final LlamaModel model;

  LlamaCppContestant(Path file, int threads, int step, int longest) {
    model =
        new LlamaModel(
            new ModelParameters()
                .setModel(file.toString())
                .setThreads(threads)
                .setThreadsBatch(threads)
                .setGpuLayers(0)
                .setBatchSize(step)
                .setUbatchSize(step)
                .setCtxSize(longest + SLACK_TOKENS)
                .disableLog());
  }

  @Override
  public String details() {
    return "de.kherud:llama " + Versions.of("de.kherud", "llama");
  }

  @Override
  public long[] time(Workload workload, int repetitions) {
    int promptTokens =
        workload.promptTokens() == 0 ? PROMPT_OF_GENERATION : workload.promptTokens();
    String prompt = PromptText.of(promptTokens, text -> model.encode(text).length);
    return Repeated.time(
        repetitions,
        () -> {
          long first = generate(prompt, 1);
          int generated = workload.generatedTokens();
          long more = generated == 0 ? 0 : generate(prompt, generated + 1) - first;
          return workload.promptTokens() == 0 ? more : first + more;
        });
  }

  private long generate(String prompt, int tokens) {
    InferenceParameters parameters =
        new InferenceParameters(prompt)
            .setNPredict(tokens)
            .setTemperature(0)
            .setIgnoreEos(true)
            .setCachePrompt(false);
    long start = System.nanoTime();
    for (LlamaOutput output : model.generate(parameters)) {
      if (output == null) {
        throw new IllegalStateException("java-llama.cpp gave no output");
      }
    }
    return System.nanoTime() - start;
  }

  @Override
  public void close() {
    model.close();
  }
}
