package dev.levin.measure.model;

import dev.levin.models.Batch;
import dev.levin.models.Decoder;
import java.util.Random;

/**
 * One sequence of random tokens on a decoder, driven step by step without a scheduler or a sampler.
 * Its pages are those from 0 on, so a run can start again at any depth by writing over what the
 * last one left.
 */
public final class SequenceRunner {
  private static final long SEED = 42;
  private static final int WORKING_SLOT = 0;
  private static final int SAVED_SLOT = 1;

  /** State slots that a decoder of a recurrent model needs here. */
  public static final int STATE_SLOTS = 2;

  private final Decoder decoder;
  private final Batch batch = new Batch();
  private final int[] pages;
  private final int[] tokens;
  private int length;

  /**
   * @param decoder of no other use meanwhile
   * @param longest sequence in tokens, within the decoder's pages
   */
  public SequenceRunner(Decoder decoder, int longest) {
    this.decoder = decoder;
    pages = new int[Math.ceilDiv(longest, decoder.options().pageSize())];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = i;
    }
    Random random = new Random(SEED);
    tokens = random.ints(longest, 0, decoder.config().vocabSize()).toArray();
  }

  /** Fills the cache up to a depth; {@link #rewind} then comes back to it. */
  public void fill(int depth, int maxTokensPerStep) {
    length = 0;
    read(depth, maxTokensPerStep);
    if (decoder.config().hasRecurrentState() && depth > 0) {
      decoder.copyState(WORKING_SLOT, SAVED_SLOT);
    }
  }

  /** Back to the depth of {@link #fill}. */
  public void rewind(int depth) {
    if (decoder.config().hasRecurrentState() && depth > 0) {
      decoder.copyState(SAVED_SLOT, WORKING_SLOT);
    }
    length = depth;
  }

  /** Runs a workload from where the sequence is. */
  public void run(Workload workload, int maxTokensPerStep) {
    read(workload.promptTokens(), maxTokensPerStep);
    for (int i = 0; i < workload.generatedTokens(); i++) {
      step(1, true);
    }
  }

  private void read(int count, int maxTokensPerStep) {
    int left = count;
    while (left > 0) {
      int now = Math.min(left, maxTokensPerStep);
      left -= now;
      step(now, left == 0);
    }
  }

  private void step(int count, boolean wantsLogits) {
    batch.clear();
    batch.addSequence(length + count, pages, WORKING_SLOT);
    int pageSize = decoder.options().pageSize();
    for (int i = 0; i < count; i++) {
      int position = length + i;
      int slot = pages[position / pageSize] * pageSize + position % pageSize;
      batch.addToken(tokens[position], position, slot, wantsLogits && i == count - 1);
    }
    decoder.forward(batch);
    length += count;
  }
}
