package dev.levin.models;

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
}
