package dev.levin.measure.model;

import dev.levin.measure.SequenceFeeder;
import dev.levin.measure.SequenceFeeder.Rows;
import dev.levin.models.Decoder;
import java.util.Random;

/** Workloads over one sequence of random tokens. */
final class SequenceRunner {
  /** State slots that a decoder of a recurrent model needs here. */
  static final int STATE_SLOTS = 2;

  private static final int SAVED_SLOT = 1;
  private static final long SEED = 42;

  private final Decoder decoder;
  private final SequenceFeeder sequence;
  private final int[] tokens;

  SequenceRunner(Decoder decoder, int longest) {
    this.decoder = decoder;
    sequence = new SequenceFeeder(decoder, longest);
    tokens = new Random(SEED).ints(longest, 0, decoder.config().vocabSize()).toArray();
  }

  /** Fills the cache up to a depth; {@link #rewind} then comes back to it. */
  void fill(int depth, int maxTokensPerStep) {
    sequence.cutTo(0);
    read(depth, maxTokensPerStep);
    if (decoder.config().hasRecurrentState() && depth > 0) {
      decoder.copyState(SequenceFeeder.STATE_SLOT, SAVED_SLOT);
    }
  }

  /** Back to the depth of {@link #fill}. */
  void rewind(int depth) {
    if (decoder.config().hasRecurrentState() && depth > 0) {
      decoder.copyState(SAVED_SLOT, SequenceFeeder.STATE_SLOT);
    }
    sequence.cutTo(depth);
  }

  /** Runs a workload from where the sequence is. */
  void run(Workload workload, int maxTokensPerStep) {
    read(workload.promptTokens(), maxTokensPerStep);
    for (int i = 0; i < workload.generatedTokens(); i++) {
      sequence.feed(tokens, sequence.length(), 1, Rows.LAST);
    }
  }

  /** As in real use only the last token of a prompt gets logits. */
  private void read(int count, int maxTokensPerStep) {
    int left = count;
    while (left > 0) {
      int now = Math.min(left, maxTokensPerStep);
      left -= now;
      sequence.feed(tokens, sequence.length(), now, left == 0 ? Rows.LAST : Rows.NONE);
    }
  }
}
