package dev.levin.models;

import dev.levin.testkit.reference.ReferenceSampling;
import java.util.Arrays;

/** Opens a batch to the scripted forward passes of the engine's tests. */
public final class BatchReader {
  private BatchReader() {}

  public static int queryStart(Batch batch, int sequence) {
    return batch.cuSeqlensQ()[sequence];
  }

  public static int kvLen(Batch batch, int sequence) {
    return batch.kvLens()[sequence];
  }

  public static int stateSlot(Batch batch, int sequence) {
    return batch.stateSlots()[sequence];
  }

  public static int[] pages(Batch batch, int sequence) {
    return batch.pages(sequence);
  }

  public static int tokenId(Batch batch, int row) {
    return batch.tokenIds()[row];
  }

  public static int position(Batch batch, int row) {
    return batch.positions()[row];
  }

  public static int slot(Batch batch, int row) {
    return batch.slotMapping()[row];
  }

  public static int logitRow(Batch batch, int index) {
    return batch.logitRows()[index];
  }

  /** Tokens [R] as the batch wants them chosen from logits [R, V], by the reference. */
  public static int[] choose(Batch batch, float[] logits) {
    int rows = batch.numLogitRows();
    int vocab = logits.length / Math.max(1, rows);
    int[] ids = new int[rows];
    for (int r = 0; r < rows; r++) {
      int at = r * Batch.CHOICE_INTS;
      int[] choice = Arrays.copyOfRange(batch.choices(), at, at + Batch.CHOICE_INTS);
      float[] row = Arrays.copyOfRange(logits, r * vocab, (r + 1) * vocab);
      double[] shares =
          ReferenceSampling.shares(
              row,
              new ReferenceSampling.Parameters(
                  Float.intBitsToFloat(choice[0]),
                  choice[1],
                  Float.intBitsToFloat(choice[2]),
                  Float.intBitsToFloat(choice[3])));
      ids[r] = ReferenceSampling.draw(shares, Float.intBitsToFloat(choice[4]));
    }
    return ids;
  }
}
