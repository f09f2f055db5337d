package dev.levin.engine;

import dev.levin.models.Batch;
import dev.levin.models.Decoder;
import java.lang.foreign.MemorySegment;

/** A decoder as the engine's forward pass. */
record DecoderPass(Decoder decoder) implements ForwardPass {
  @Override
  public MemorySegment logits(Batch batch) {
    return decoder.forward(batch);
  }

  @Override
  public boolean canChoose() {
    return decoder.canChoose();
  }

  @Override
  public MemorySegment choose(Batch batch) {
    return decoder.choose(batch);
  }

  @Override
  public MemorySegment chosenLogits(int row) {
    return decoder.chosenLogits(row);
  }

  @Override
  public MemorySegment hidden(Batch batch) {
    return decoder.forwardHidden(batch);
  }

  @Override
  public void copyPage(int from, int to) {
    decoder.copyPages(new int[] {from}, new int[] {to});
  }

  @Override
  public void copyState(int fromSlot, int toSlot) {
    decoder.copyState(fromSlot, toSlot);
  }

  @Override
  public void close() {
    decoder.close();
  }
}
