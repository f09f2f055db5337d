package dev.levin.measure;

import dev.levin.models.Batch;
import dev.levin.models.Decoder;
import java.lang.foreign.MemorySegment;

/**
 * One sequence on a decoder, driven step by step without a scheduler or a sampler. Its pages are
 * those from 0 on, so it can start again anywhere by writing over what was there.
 */
public final class SequenceFeeder {
  /** Where the sequence's recurrent state lives. */
  public static final int STATE_SLOT = 0;

  /** Which tokens of a step get logits. */
  public enum Rows {
    NONE,
    LAST,
    ALL
  }

  private final Decoder decoder;
  private final Batch batch = new Batch();
  private final int[] pages;
  private int length;

  /**
   * @param decoder of no other use meanwhile
   * @param longest sequence in tokens, within the decoder's pages
   */
  public SequenceFeeder(Decoder decoder, int longest) {
    this.decoder = decoder;
    pages = new int[Math.ceilDiv(longest, decoder.options().pageSize())];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = i;
    }
  }

  /** Tokens so far. */
  public int length() {
    return length;
  }

  /**
   * Cuts the sequence; what is cut is written over. Recurrent state is not cut: only 0 starts it
   * afresh.
   */
  public void cutTo(int tokens) {
    length = tokens;
  }

  /**
   * One forward pass over {@code count} tokens from {@code from} on.
   *
   * @return [rows, V] F32 logits in host memory, valid until the next call
   */
  public MemorySegment feed(int[] tokens, int from, int count, Rows rows) {
    batch.clear();
    batch.addSequence(length + count, pages, STATE_SLOT);
    int pageSize = decoder.options().pageSize();
    for (int i = 0; i < count; i++) {
      int position = length + i;
      int slot = pages[position / pageSize] * pageSize + position % pageSize;
      boolean wantsLogits = rows == Rows.ALL || rows == Rows.LAST && i == count - 1;
      batch.addToken(tokens[from + i], position, slot, wantsLogits);
    }
    length += count;
    return decoder.forward(batch);
  }
}
