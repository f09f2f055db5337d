package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.testkit.reference.Rows;
import java.util.List;

/** Writing and copying of pages. */
final class CacheGrid {
  static final List<DType> KV_TYPES =
      List.of(
          DType.F32, DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2, DType.Q8_0, DType.Q4_0);

  private CacheGrid() {}

  /**
   * Sizes of one append.
   *
   * @param rotary rotated elements, 0 for none
   * @param valueSize 0 when values are a prefix of the keys
   */
  private record Heads(int q, int kv, int size, int valueSize, int rotary, int rotaryOffset) {}

  private static final List<Heads> HEADS =
      List.of(
          new Heads(1, 1, 64, 64, 64, 0),
          new Heads(3, 1, 32, 64, 32, 0),
          new Heads(8, 2, 128, 128, 128, 0),
          new Heads(4, 4, 96, 32, 24, 0),
          new Heads(2, 1, 96, 64, 32, 64),
          new Heads(2, 1, 64, 64, 0, 0),
          new Heads(2, 1, 576, 0, 64, 512));

  private static final List<Heads> PLAIN_HEADS =
      List.of(new Heads(2, 1, 16, 16, 16, 0), new Heads(3, 3, 80, 80, 20, 0));

  private static final List<BatchPlan> PLANS =
      List.of(
          BatchPlan.of(16),
          BatchPlan.of(1, 1, 1),
          BatchPlan.of(8, 1, 9),
          BatchPlan.of(16, 3, 17, 1, 16, 5, 5));

  static void addTo(List<OpCase> cases) {
    for (DType dtype : KV_TYPES) {
      for (Heads heads : HEADS) {
        addAppends(cases, dtype, heads);
      }
      if (!dtype.isBlock()) {
        for (Heads heads : PLAIN_HEADS) {
          addAppends(cases, dtype, heads);
        }
      }
      addCopies(cases, dtype);
    }
  }

  private static void addAppends(List<OpCase> cases, DType dtype, Heads heads) {
    for (BatchPlan plan : PLANS) {
      for (RopeStyle style : RopeStyle.values()) {
        if (heads.rotary == 0 && style == RopeStyle.INTERLEAVED) {
          continue;
        }
        String label =
            "%s %s H=%d/%d D=%d/%d R=%d+%d, %s"
                .formatted(
                    dtype,
                    style,
                    heads.q,
                    heads.kv,
                    heads.size,
                    heads.valueSize,
                    heads.rotaryOffset,
                    heads.rotary,
                    plan);
        cases.add(
            OpCase.of(RopeAppend.class, label, (f, d) -> append(f, d, dtype, heads, plan, style)));
      }
    }
  }

  private static RopeAppend append(
      Fixture f, Draw draw, DType dtype, Heads heads, BatchPlan plan, RopeStyle style) {
    int t = plan.numTokens();
    RaggedBatch batch = plan.build(f, draw);
    int[] before = plan.lengthsBefore();
    Layout layout = style == RopeStyle.INTERLEAVED ? Layout.GAPPED : Layout.DENSE;
    Tensor slotMapping = batch.slotMapping();
    if (t > 3) {
      int[] slots = Rows.ints(slotMapping);
      slots[t / 2] = -1;
      slotMapping = f.i32(slots, t);
    }
    boolean values = heads.valueSize > 0;
    return new RopeAppend(
        f.f32(layout, draw.peaky((long) t * heads.q * heads.size), t, heads.q, heads.size),
        f.f32(layout, draw.peaky((long) t * heads.kv * heads.size), t, heads.kv, heads.size),
        values
            ? f.f32(
                layout,
                draw.peaky((long) t * heads.kv * heads.valueSize),
                t,
                heads.kv,
                heads.valueSize)
            : null,
        heads.rotary == 0 ? null : cosSin(f, draw, t, heads.rotary),
        style,
        heads.rotaryOffset,
        slotMapping,
        plan.cache(f, draw, "k", dtype, heads.kv, heads.size, before),
        values ? plan.cache(f, draw, "v", dtype, heads.kv, heads.valueSize, before) : null);
  }

  private static Tensor cosSin(Fixture f, Draw draw, int tokens, int rotary) {
    int pairs = rotary / 2;
    float[] angles = draw.named("angles").between((long) tokens * pairs, -3, 3);
    float[] table = new float[tokens * rotary];
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < pairs; i++) {
        table[t * rotary + i] = (float) Math.cos(angles[t * pairs + i]);
        table[t * rotary + pairs + i] = (float) Math.sin(angles[t * pairs + i]);
      }
    }
    return f.f32(table, tokens, rotary);
  }

  private static void addCopies(List<OpCase> cases, DType dtype) {
    for (int pageSize : new int[] {1, 8, 16}) {
      for (int pages : new int[] {0, 1, 3}) {
        cases.add(
            OpCase.of(
                CopyPages.class,
                "%s page %d, %d of 9 pages".formatted(dtype, pageSize, pages),
                (f, draw) -> {
                  Tensor cache = f.numbers(dtype, Layout.DENSE, draw, 9, 2, pageSize, 32);
                  int[] order = draw.shuffled(9);
                  int[] from = new int[pages];
                  int[] to = new int[pages];
                  for (int i = 0; i < pages; i++) {
                    from[i] = order[i == 2 ? 0 : i];
                    to[i] = order[pages + i];
                  }
                  return new CopyPages(cache, f.i32(from, pages), f.i32(to, pages));
                }));
      }
    }
  }
}
