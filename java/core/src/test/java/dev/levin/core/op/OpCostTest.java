package dev.levin.core.op;

import static dev.levin.core.op.Views.f32;
import static dev.levin.core.op.Views.i32;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import org.junit.jupiter.api.Test;

class OpCostTest {
  @Test
  void linearReadsItsWeightOnce() {
    Tensor weight = Views.of(DType.Q4_0, 64, 128);
    Op op = new Linear(f32(3, 128), weight, f32(64), null, f32(3, 64), 1);
    long bytes = 3 * 128 * 4 + 64 * 128 / 32 * 18 + 64 * 4 + 3 * 64 * 4;
    assertEquals(new OpCost(2 * 3 * 64 * 128, bytes), OpCost.of(op));
  }

  @Test
  void embedReadsOnlyTheChosenRows() {
    Op op = new Embed(Views.of(DType.BF16, 1000, 32), i32(5), f32(5, 32), 1);
    assertEquals(new OpCost(5 * 32, 5 * 4 + 5 * 64 + 5 * 128), OpCost.of(op));
  }

  @Test
  void expertsNobodyChoseAreNotRead() {
    Tensor weight = Views.of(DType.F16, 64, 16, 32);
    Op few = new GroupedLinear(f32(2, 32), weight, null, i32(2, 3), null, null, f32(2, 3, 16));
    long activations = 2 * 32 * 4 + 2 * 3 * 4 + 2 * 3 * 16 * 4;
    assertEquals(new OpCost(2 * 6 * 16 * 32, activations + 6 * 16 * 64), OpCost.of(few));
  }

  @Test
  void causalAttentionCountsVisiblePairs() {
    RaggedBatch batch = Views.batch(new int[] {3, 1}, new int[] {5, 10});
    long pairs = 3 + 4 + 5 + 10;
    assertEquals(2 * pairs * 4 * (8 + 8), OpCost.of(attention(batch, true, 0)).flops());
    long keyBytes = 2 * (8 * 2 + 8 * 2);
    long bytes = 2 * 4 * 4 * 8 * 4 + (5 + 10) * keyBytes;
    assertEquals(bytes, OpCost.of(attention(batch, true, 0)).bytes());
  }

  @Test
  void windowsCapPairsAndKeys() {
    RaggedBatch batch = Views.batch(new int[] {3, 1}, new int[] {5, 10});
    OpCost cost = OpCost.of(attention(batch, true, 4));
    assertEquals(2 * (3 + 4 + 4 + 4) * 4 * 16, cost.flops());
    assertEquals(2 * 4 * 4 * 8 * 4 + (5 + 4) * 64, cost.bytes());
    OpCost full = OpCost.of(attention(batch, false, 0));
    assertEquals(2 * (3 * 5 + 10) * 4 * 16, full.flops());
  }

  private static Attention attention(RaggedBatch batch, boolean causal, int window) {
    int tokens = batch.numTokens();
    Tensor cache = Views.of(DType.F16, 8, 2, 16, 8);
    Tensor q = f32(tokens, 4, 8);
    return new Attention(
        q, cache, cache, f32(tokens, 4, 8), null, batch, 1, causal, window, 0, null, null);
  }

  @Test
  void copiedPagesAreReadAndWritten() {
    Op op = new CopyPages(Views.of(DType.F16, 10, 2, 16, 8), i32(3), i32(3));
    assertEquals(new OpCost(0, 2 * 3 * 2 * 16 * 8 * 2), OpCost.of(op));
  }

  @Test
  void ropeWithoutTableOnlyWritesKeys() {
    Tensor q = f32(3, 4, 8);
    Tensor k = f32(3, 2, 8);
    Tensor cache = Views.of(DType.F16, 5, 2, 16, 8);
    long moved = 2 * 3 * 4 * 8 * 4 + 2 * 3 * 2 * 8 * 4 + 2 * 3 * 2 * 16;
    Op plain = new RopeAppend(q, k, k, null, RopeStyle.HALF, 0, i32(3), cache, cache);
    assertEquals(new OpCost(0, moved), OpCost.of(plain));
    Op rotated = new RopeAppend(q, k, k, f32(3, 6), RopeStyle.HALF, 2, i32(3), cache, cache);
    assertEquals(new OpCost(3 * 3 * 6 * (4 + 2), moved), OpCost.of(rotated));
  }

  @Test
  void samplingReadsLogitsOnceAndWritesIds() {
    Op op = new Sample(f32(3, 100), f32(3), i32(3), f32(3), f32(3), f32(3), i32(3));
    assertEquals(new OpCost(4 * 300, 300 * 4 + 6 * 3 * 4), OpCost.of(op));
  }
}
