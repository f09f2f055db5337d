package dev.levin.engine.sampling;

import dev.levin.core.LevinException;
import dev.levin.core.op.Sample;
import dev.levin.models.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws the tokens of one sequence, on the host or by telling the device how: the stages of {@link
 * SamplingOptions} over candidates that are reused, so that a token costs no allocation. A token
 * depends on its logits, the options and their seed, and its place in the text alone. Not
 * thread-safe.
 */
public final class SamplerChain {
  private final boolean greedy;
  private final Candidates candidates;
  private final Sampler[] stages;
  private final Penalties penalties;
  private final SamplingOptions options;
  private final long seed;
  private long position;

  public SamplerChain(int vocabSize, SamplingOptions options) {
    greedy = options.isGreedy();
    candidates = new Candidates(vocabSize);
    this.options = options;
    seed = options.seed().orElseGet(() -> new SplittableRandom().nextLong());
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

  /** Counts a token of the prompt or the text as seen: for the penalties and the next draw. */
  public void accept(int token) {
    position++;
    if (penalties != null) {
      penalties.accept(token);
    }
  }

  /**
   * The next token; the caller {@link #accept}s it.
   *
   * @param logits [V], left as they are
   * @throws LevinException when logits are NaN or infinite, or every token is banned
   */
  public int sample(float[] logits) {
    candidates.load(logits);
    for (Sampler stage : stages) {
      stage.apply(candidates);
    }
    return greedy ? candidates.bestToken() : candidates.draw(point());
  }

  /** In [0, 1), from the seed and the place of the next token in its text. */
  private float point() {
    return Sample.point(seed, position);
  }

  /**
   * Tells the device how to choose the next token, from the row that the batch got last. It is the
   * token {@link #sample} would take, but for roundings that {@link Sample} allows.
   *
   * @return false when there are stages that the device does not know: biases and penalties
   */
  public boolean choose(Batch batch) {
    if (penalties != null || !options.logitBias().isEmpty()) {
      return false;
    }
    batch.sampleLast(
        options.temperature(), options.topK(), options.topP(), options.minP(), point());
    return true;
  }

  /**
   * The token that the device chose; the caller {@link #accept}s it.
   *
   * @throws LevinException when it found none
   */
  public int chosen(int token) {
    if (token < 0) {
      throw new LevinException(
          "the logits are NaN or infinite: the model's weights are damaged or overflow");
    }
    return token;
  }
}
