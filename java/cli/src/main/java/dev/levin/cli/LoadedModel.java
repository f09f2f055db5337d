package dev.levin.cli;

import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;

/**
 * A model that is ready to run.
 *
 * @param loadNanos what it took to get there
 */
record LoadedModel(Llm llm, long loadNanos) implements AutoCloseable {

  /** Loads what the options name, with a progress bar unless {@code quiet}. */
  static LoadedModel load(CommandIo io, ModelOption model, RunOptions run, boolean quiet) {
    LlmOptions.Builder options = run.toOptions();
    long start = System.nanoTime();
    try (LoadingBar bar = new LoadingBar(io, model.label(), !quiet)) {
      Llm llm = Llm.load(model.open(), options.progress(bar).build());
      return new LoadedModel(llm, System.nanoTime() - start);
    }
  }

  @Override
  public void close() {
    llm.close();
  }
}
