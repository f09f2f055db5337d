package dev.levin.engine.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws the tokens of one sequence: the stages of {@link SamplingOptions} over candidates that are
 * reused, so that a token costs no allocation. Not thread-safe.
 */
public final class SamplerChain {
  private final boolean greedy;
  private final Candidates candidates;
  private final Sampler[] stages;
  private final Penalties penalties;
  private final SplittableRandom random;

  public SamplerChain(int vocabSize, SamplingOptions options) {
    greedy = options.isGreedy();
    candidates = new Candidates(vocabSize);
    random =
        options.seed().isPresent()
            ? new SplittableRandom(options.seed().getAsLong())
            : new SplittableRandom();
    List<Sampler> chain = new ArrayList<>();
    if (!options.logitBias().isEmpty()) {
      chain.add(new LogitBias(vocabSize, options.logitBias()));
    }
    penalties = options.hasPenalties() ? new Penalties(vocabSize, options) : null;
    if (penalties != null) {
      chain.add(penalties);
    }
    if (!greedy) {
      addNarrowing(chain, options);
    }
    stages = chain.toArray(Sampler[]::new);
  }

  private static void addNarrowing(List<Sampler> chain, SamplingOptions options) {
    if (options.topK() > 0) {
      chain.add(all -> all.keepBest(options.topK()));
    }
    if (options.topP() < 1) {
      chain.add(all -> all.keepMass(options.topP()));
    }
    if (options.minP() > 0) {
      float distance = (float) Math.log(options.minP());
      chain.add(all -> all.keepAtLeast(all.logit(all.best()) + distance));
    }
    if (options.temperature() != 1) {
      chain.add(all -> all.divideBy(options.temperature()));
    }
  }

  /** Counts a token of the prompt or the text as seen, for the penalties. */
  public void accept(int token) {
    if (penalties != null) {
      penalties.accept(token);
    }
  }

  /**
   * The next token; the caller {@link #accept}s it.
   *
   * @param logits [V], left as they are
   * @throws dev.levin.core.LevinException when logits are NaN or infinite, or every token is banned
   */
  public int sample(float[] logits) {
    candidates.load(logits);
    for (Sampler stage : stages) {
      stage.apply(candidates);
    }
    return greedy ? candidates.bestToken() : candidates.draw(random.nextDouble());
  }
}
