package dev.levin.measure.perplexity;

import dev.levin.core.LevinException;
import dev.levin.measure.SequenceFeeder;
import dev.levin.measure.SequenceFeeder.Rows;
import dev.levin.models.Decoder;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * How well a model predicts a text, and how far its predictions are from another model's.
 *
 * <p>The text is cut into chunks that know nothing of each other. With a BOS token each chunk is
 * that token and then {@code chunk - 1} tokens of the text, all of which are predicted; without one
 * it is {@code chunk} tokens of which the first is not. The first {@code skip} predictions of a
 * chunk, those with little context, may be left out. Perplexity is the exponential of the mean
 * negative log-probability of what is predicted.
 */
public final class Perplexity {
  /** Logits of one step take about this much at most. */
  private static final long STEP_BYTES = 64L << 20;

  /** Told after each step, on the calling thread. */
  @FunctionalInterface
  public interface Progress {
    /**
     * @param done tokens read
     * @param total tokens to read
     * @param perplexity so far, NaN before the first prediction
     */
    void at(long done, long total, double perplexity);
  }

  private final Decoder model;
  private final Decoder base;
  private final int chunk;
  private final int skip;
  private final int bos;
  private final int tokensPerStep;
  private final int vocabulary;

  /**
   * @param model whose sequences may be {@code chunk} tokens long
   * @param base the model to compare with, or null
   * @param chunk tokens, BOS included
   * @param skip predictions of each chunk that do not count
   * @param bos id that starts each chunk, negative for none
   * @throws LevinException when the vocabularies differ in size
   */
  public Perplexity(Decoder model, Decoder base, int chunk, int skip, int bos) {
    if (chunk < 2 || skip < 0 || skip > chunk - 2) {
      throw new IllegalArgumentException(
          "a chunk of %d tokens, of which %d predictions are skipped, predicts nothing"
              .formatted(chunk, skip));
    }
    int vocabulary = model.config().vocabSize();
    if (base != null && base.config().vocabSize() != vocabulary) {
      throw new LevinException(
          "cannot compare a vocabulary of %d tokens with one of %d"
              .formatted(vocabulary, base.config().vocabSize()));
    }
    this.model = Objects.requireNonNull(model);
    this.base = base;
    this.chunk = chunk;
    this.skip = skip;
    this.bos = bos;
    tokensPerStep = Math.clamp(STEP_BYTES / (4L * vocabulary), 1, chunk);
    this.vocabulary = vocabulary;
  }

  /**
   * Reads the whole text.
   *
   * @throws LevinException when it is too short for a single prediction
   */
  public PerplexityResult run(int[] tokens, Progress progress) {
    Score score = new Score();
    int ofText = bos < 0 ? chunk : chunk - 1;
    long done = 0;
    for (int from = 0; from < tokens.length; from += ofText) {
      int[] piece = piece(tokens, from, Math.min(ofText, tokens.length - from));
      if (piece.length >= 2) {
        read(piece, score, done, tokens.length, progress);
        score.chunks++;
      }
      done += Math.min(ofText, tokens.length - from);
    }
    if (score.losses.count == 0) {
      throw new LevinException(
          "a text of %d tokens is too short for a prediction".formatted(tokens.length));
    }
    progress.at(tokens.length, tokens.length, Math.exp(score.losses.mean()));
    return score.result(tokens.length, base != null);
  }

  private int[] piece(int[] tokens, int from, int count) {
    int prefix = bos < 0 ? 0 : 1;
    int[] piece = new int[count + prefix];
    if (prefix == 1) {
      piece[0] = bos;
    }
    System.arraycopy(tokens, from, piece, prefix, count);
    return piece;
  }

  private void read(int[] piece, Score score, long done, long total, Progress progress) {
    SequenceFeeder own = new SequenceFeeder(model, chunk);
    SequenceFeeder other = base == null ? null : new SequenceFeeder(base, chunk);
    // What follows the last token is not known: it is not read.
    int readable = piece.length - 1;
    for (int from = 0; from < readable; from += tokensPerStep) {
      int count = Math.min(tokensPerStep, readable - from);
      MemorySegment logits = own.feed(piece, from, count, Rows.ALL);
      MemorySegment baseLogits = other == null ? null : other.feed(piece, from, count, Rows.ALL);
      for (int row = 0; row < count; row++) {
        if (from + row >= skip) {
          score(score, piece[from + row + 1], logits, baseLogits, row);
        }
      }
      double mean = score.losses.count == 0 ? Double.NaN : score.losses.mean();
      progress.at(done + from + count, total, Math.exp(mean));
    }
  }

  private void score(Score score, int next, MemorySegment logits, MemorySegment base, int row) {
    LogitRow own = LogitRow.of(logits, row, vocabulary);
    score.losses.add(-own.logProbability(next));
    if (base == null) {
      return;
    }
    LogitRow other = LogitRow.of(base, row, vocabulary);
    score.baseLosses.add(-other.logProbability(next));
    score.divergences.add(other.divergenceFrom(own));
    score.sameBest += own.best() == other.best() ? 1 : 0;
  }

  /** Sums while the text is read. */
  private static final class Score {
    final RunningMean losses = new RunningMean();
    final RunningMean baseLosses = new RunningMean();
    final RunningMean divergences = new RunningMean();
    long sameBest;
    int chunks;

    PerplexityResult result(int tokens, boolean compared) {
      double perplexity = Math.exp(losses.mean());
      return new PerplexityResult(
          tokens,
          chunks,
          losses.count,
          perplexity,
          perplexity * losses.standardError(),
          compared
              ? new PerplexityResult.Divergence(
                  Math.exp(baseLosses.mean()),
                  divergences.mean(),
                  divergences.standardError(),
                  divergences.most,
                  (double) sameBest / losses.count)
              : null);
    }
  }
}
