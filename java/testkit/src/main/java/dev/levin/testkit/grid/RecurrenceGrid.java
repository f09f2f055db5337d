package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.SsmScan;
import dev.levin.testkit.reference.Rows;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Ops with carried state. A sequence whose key count exceeds its query count continues from a state
 * that was drawn; one that starts finds a poisoned state, which it must ignore.
 */
final class RecurrenceGrid {
  private static final List<BatchPlan> PLANS =
      List.of(
          BatchPlan.of(16),
          BatchPlan.of(16, 1, 1),
          BatchPlan.of(16, 1, 9),
          BatchPlan.of(16, 7, 7),
          BatchPlan.of(16, 5, 12, 1, 4, 2, 2, 0, 3, 17, 17));

  private RecurrenceGrid() {}

  static void addTo(List<OpCase> cases) {
    for (BatchPlan plan : PLANS) {
      for (int channels : new int[] {1, 16, 33, 500}) {
        for (int width : new int[] {2, 3, 4}) {
          cases.add(
              OpCase.of(
                  CausalConv.class,
                  "Ch=%d W=%d, %s".formatted(channels, width, plan),
                  (f, draw) -> conv(f, draw, plan, channels, width)));
        }
      }
      for (int[] sizes :
          new int[][] {{1, 1, 1, 1}, {4, 2, 16, 16}, {6, 1, 33, 7}, {2, 2, 64, 128}}) {
        cases.add(
            OpCase.of(
                SsmScan.class,
                "H=%d G=%d P=%d N=%d, %s".formatted(sizes[0], sizes[1], sizes[2], sizes[3], plan),
                (f, draw) -> scan(f, draw, plan, sizes[0], sizes[1], sizes[2], sizes[3])));
      }
    }
  }

  private static CausalConv conv(Fixture f, Draw draw, BatchPlan plan, int channels, int width) {
    int t = plan.numTokens();
    RaggedBatch batch = plan.build(f, draw);
    Layout layout = channels == 33 ? Layout.GAPPED : Layout.DENSE;
    return new CausalConv(
        f.f32(layout, draw.peaky((long) t * channels), t, channels),
        f.weight(draw.peaky((long) channels * width), channels, width),
        width == 3 ? null : f.weight(draw.peaky(channels), channels),
        state(f, draw, plan, batch, channels, width - 1),
        f.output(layout, t, channels),
        width == 2 ? null : Activation.SILU,
        batch);
  }

  private static SsmScan scan(
      Fixture f, Draw draw, BatchPlan plan, int heads, int groups, int size, int stateSize) {
    int t = plan.numTokens();
    RaggedBatch batch = plan.build(f, draw);
    Layout layout = size == 33 ? Layout.GAPPED : Layout.DENSE;
    return new SsmScan(
        f.f32(layout, draw.peaky((long) t * heads * size), t, heads, size),
        f.f32(draw.peaky((long) t * heads), t, heads),
        f.weight(draw.named("a").between(heads, -4, -0.01f), heads),
        f.f32(layout, draw.peaky((long) t * groups * stateSize), t, groups, stateSize),
        f.f32(layout, draw.peaky((long) t * groups * stateSize), t, groups, stateSize),
        size == 16 ? null : f.weight(draw.peaky(heads), heads),
        f.weight(draw.peaky(heads), heads),
        state(f, draw, plan, batch, heads, size, stateSize),
        f.output(layout, t, heads, size),
        size == 33 ? 0.01f : 0,
        size == 33 ? 1 : Float.POSITIVE_INFINITY,
        batch);
  }

  private static Tensor state(
      Fixture f, Draw draw, BatchPlan plan, RaggedBatch batch, long... perSlot) {
    long[] dims = new long[perSlot.length + 1];
    dims[0] = plan.numStateSlots();
    System.arraycopy(perSlot, 0, dims, 1, perSlot.length);
    Tensor state = f.poisoned(DType.F32, Layout.DENSE, dims);
    int[] slots = Rows.ints(batch.stateSlots());
    for (int b = 0; b < slots.length; b++) {
      if (plan.kvLens()[b] > plan.queryLens()[b]) {
        Tensor slot = state.select(slots[b]);
        float[] values = draw.named("state" + b).peaky(slot.shape().elements());
        HostBuffer.segmentOf(slot)
            .asSlice(slot.offset(), slot.byteSize())
            .copyFrom(MemorySegment.ofArray(values));
      }
    }
    return state;
  }
}
