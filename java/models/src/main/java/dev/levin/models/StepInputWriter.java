package dev.levin.models;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Checks a batch and writes its integers in the order of a {@link StepLayout}. */
final class StepInputWriter {
  private final int vocabSize;
  private final DecoderOptions options;

  StepInputWriter(int vocabSize, DecoderOptions options) {
    this.vocabSize = vocabSize;
    this.options = options;
  }

  /** Pages the longest sequence of the batch uses. */
  int maxPages(Batch batch) {
    int max = 1;
    for (int b = 0; b < batch.numSeqs(); b++) {
      max = Math.max(max, pagesOf(batch, b));
    }
    return max;
  }

  private int pagesOf(Batch batch, int sequence) {
    return Math.ceilDiv(batch.kvLens()[sequence], options.pageSize());
  }

  void write(Batch batch, StepLayout layout, MemorySegment target) {
    check(batch);
    int tokens = layout.tokens();
    put(target, 0, batch.tokenIds(), tokens);
    put(target, layout.positionsAt(), batch.positions(), tokens);
    put(target, layout.slotMappingAt(), batch.slotMapping(), tokens);
    put(target, layout.cuSeqlensAt(), batch.cuSeqlensQ(), layout.seqs() + 1);
    put(target, layout.kvLensAt(), batch.kvLens(), layout.seqs());
    put(target, layout.stateSlotsAt(), batch.stateSlots(), layout.seqs());
    put(target, layout.rowsAt(), batch.logitRows(), layout.rows());
    for (int b = 0; b < layout.seqs(); b++) {
      int row = layout.pageTableAt() + b * layout.maxPages();
      put(target, row, batch.pages(b), pagesOf(batch, b));
    }
  }

  private static void put(MemorySegment target, int at, int[] values, int count) {
    MemorySegment.copy(values, 0, target, ValueLayout.JAVA_INT, (long) at * Integer.BYTES, count);
  }

  /** Kernels trust these numbers with memory, so none reaches them unchecked. */
  private void check(Batch batch) {
    long slots = (long) options.numPages() * options.pageSize();
    for (int t = 0; t < batch.numTokens() - batch.numPadding(); t++) {
      require(batch.tokenIds()[t], vocabSize, "token id");
      require(batch.positions()[t], options.contextLength(), "position");
      require(batch.slotMapping()[t], slots, "slot");
    }
    for (int b = 0; b < batch.numSeqs() - batch.numPadding(); b++) {
      int kvLen = batch.kvLens()[b];
      int queries = batch.cuSeqlensQ()[b + 1] - batch.cuSeqlensQ()[b];
      int pages = pagesOf(batch, b);
      if (kvLen < queries || batch.pages(b).length < pages) {
        throw new IllegalArgumentException(
            "sequence %d of the batch has %d queries, %d keys and %d pages"
                .formatted(b, queries, kvLen, batch.pages(b).length));
      }
      for (int p = 0; p < pages; p++) {
        require(batch.pages(b)[p], options.numPages(), "page");
      }
      require(batch.stateSlots()[b], Math.max(1, options.stateSlots()), "state slot");
    }
  }

  private static void require(int value, long limit, String what) {
    if (value < 0 || value >= limit) {
      throw new IllegalArgumentException(what + " " + value + " is outside [0, " + limit + ")");
    }
  }
}
