package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RaggedBatch;
import java.util.Arrays;
import java.util.List;

/** Attention over pages and the joining of its parts. */
final class AttentionGrid {
  private AttentionGrid() {}

  /**
   * What varies besides lengths.
   *
   * @param valueSize 0 for latent caches whose values are a prefix of the keys
   */
  private record Variant(
      String name,
      DType dtype,
      int heads,
      int kvHeads,
      int size,
      int valueSize,
      boolean causal,
      int window,
      float softCap,
      boolean sinks,
      boolean tree) {
    static Variant plain(DType dtype, int heads, int kvHeads, int size) {
      String name = "%s H=%d/%d D=%d".formatted(dtype, heads, kvHeads, size);
      return new Variant(name, dtype, heads, kvHeads, size, size, true, 0, 0, false, false);
    }

    Variant values(int valueSize, int outSize) {
      return new Variant(
          name + " Dv=" + outSize + (valueSize == 0 ? " latent" : ""),
          dtype,
          heads,
          kvHeads,
          size,
          valueSize,
          causal,
          window,
          softCap,
          sinks,
          tree);
    }

    Variant bidirectional() {
      return new Variant(
          name + " not causal",
          dtype,
          heads,
          kvHeads,
          size,
          valueSize,
          false,
          window,
          softCap,
          sinks,
          tree);
    }

    Variant window(int tokens) {
      return new Variant(
          name + " window " + tokens,
          dtype,
          heads,
          kvHeads,
          size,
          valueSize,
          causal,
          tokens,
          softCap,
          sinks,
          tree);
    }

    Variant softCap(float cap) {
      return new Variant(
          name + " cap " + cap,
          dtype,
          heads,
          kvHeads,
          size,
          valueSize,
          causal,
          window,
          cap,
          sinks,
          tree);
    }

    Variant withSinks() {
      return new Variant(
          name + " sinks",
          dtype,
          heads,
          kvHeads,
          size,
          valueSize,
          causal,
          window,
          softCap,
          true,
          tree);
    }

    Variant withTree() {
      return new Variant(
          name + " tree",
          dtype,
          heads,
          kvHeads,
          size,
          valueSize,
          causal,
          window,
          softCap,
          sinks,
          true);
    }
  }

  private static final int LATENT_VALUES = 512;

  static void addTo(List<OpCase> cases) {
    addLengths(cases);
    addVariants(cases);
    addMerges(cases);
  }

  private static void addLengths(List<OpCase> cases) {
    Variant variant = Variant.plain(DType.F32, 4, 1, 16);
    add(cases, variant, BatchPlan.of(16));
    add(cases, variant, BatchPlan.of(16, 0, 5, 2, 2, 0, 0));
    for (int pageSize : new int[] {1, 8, 16}) {
      for (int kvLen : new int[] {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 111}) {
        add(cases, variant, BatchPlan.of(pageSize, 1, kvLen));
        if (kvLen > 1) {
          add(cases, variant, BatchPlan.of(pageSize, Math.min(kvLen, 17), kvLen));
        }
      }
      add(cases, variant, BatchPlan.of(pageSize, 1, 64, 17, 17, 1, 1, 5, 33, 1, 500));
    }
  }

  private static void addVariants(List<OpCase> cases) {
    BatchPlan mixed = BatchPlan.of(16, 1, 33, 17, 17, 5, 40);
    BatchPlan small = BatchPlan.of(8, 1, 17, 3, 9);
    for (int group : new int[] {1, 3, 4, 8}) {
      add(cases, Variant.plain(DType.F32, 2 * group, 2, 64), mixed);
    }
    for (int size : new int[] {16, 24, 80, 111, 128, 256}) {
      add(cases, Variant.plain(DType.F32, 2, 1, size), mixed);
    }
    for (DType dtype : CacheGrid.KV_TYPES) {
      Variant base = Variant.plain(dtype, 4, 2, 64);
      add(cases, base, BatchPlan.of(1, 2, 5));
      add(cases, base, small);
      add(cases, base.values(96, 96), small);
      add(cases, base.window(5), mixed);
      add(cases, base.softCap(20), small);
      add(cases, base.withSinks(), mixed);
      add(cases, base.bidirectional(), mixed);
      add(cases, base.withTree(), mixed);
      add(cases, base.window(9).softCap(50).withSinks(), mixed);
      add(cases, Variant.plain(dtype, 8, 1, 128), mixed);
      add(cases, Variant.plain(dtype, 4, 1, 576).values(0, LATENT_VALUES), small);
    }
    Variant base = Variant.plain(DType.F32, 3, 3, 16);
    for (int window : new int[] {1, 15, 16, 17, 1000}) {
      add(cases, base.window(window), mixed);
    }
    add(cases, base.bidirectional().window(4), mixed);
    add(cases, base.withTree().bidirectional(), BatchPlan.of(16, 40, 57, 3, 3));
  }

  private static void add(List<OpCase> cases, Variant variant, BatchPlan plan) {
    cases.add(
        OpCase.of(
            Attention.class,
            variant.name + ", " + plan,
            (f, draw) -> attention(f, draw, variant, plan)));
  }

  private static Attention attention(Fixture f, Draw draw, Variant v, BatchPlan plan) {
    int t = plan.numTokens();
    RaggedBatch batch = plan.build(f, draw);
    Layout layout = v.window > 0 ? Layout.GAPPED : Layout.DENSE;
    int outSize = v.valueSize == 0 ? LATENT_VALUES : v.valueSize;
    return new Attention(
        f.f32(layout, draw.peaky((long) t * v.heads * v.size), t, v.heads, v.size),
        plan.cache(f, draw, "k", v.dtype, v.kvHeads, v.size),
        v.valueSize == 0 ? null : plan.cache(f, draw, "v", v.dtype, v.kvHeads, v.valueSize),
        f.output(layout, t, v.heads, outSize),
        v.causal ? f.output(t, v.heads) : null,
        batch,
        (float) (1 / Math.sqrt(v.size)),
        v.causal,
        v.window,
        v.softCap,
        v.sinks ? f.weight(draw.named("sinks").peaky(v.heads), v.heads) : null,
        v.tree ? treeMask(f, draw, plan) : null);
  }

  /** Random ancestors; one row of a sequence without older keys may see nothing at all. */
  private static Tensor treeMask(Fixture f, Draw draw, BatchPlan plan) {
    int words = Math.ceilDiv(Arrays.stream(plan.queryLens()).max().orElse(1), Integer.SIZE);
    int[] mask = new int[plan.numTokens() * words];
    int t = 0;
    for (int queries : plan.queryLens()) {
      for (int r = 0; r < queries; r++, t++) {
        for (int j = 0; j < queries && r != 2; j++) {
          if (j == r || draw.below(3) == 0) {
            mask[t * words + j / Integer.SIZE] |= 1 << j % Integer.SIZE;
          }
        }
      }
    }
    return f.i32(mask, plan.numTokens(), words);
  }

  private static void addMerges(List<OpCase> cases) {
    for (int tokens : new int[] {0, 1, 5}) {
      for (int size : new int[] {1, 16, 33, 128}) {
        Layout layout = size == 33 ? Layout.GAPPED : Layout.DENSE;
        for (boolean inPlace : new boolean[] {false, true}) {
          cases.add(
              OpCase.of(
                  MergeAttention.class,
                  "[%d,3,%d]%s".formatted(tokens, size, inPlace ? " into b" : ""),
                  (f, draw) -> merge(f, draw, layout, tokens, size, inPlace)));
        }
      }
    }
  }

  private static MergeAttention merge(
      Fixture f, Draw draw, Layout layout, int tokens, int size, boolean inPlace) {
    int rows = tokens * 3;
    float[] lseA = draw.peaky(rows, 5);
    float[] lseB = draw.peaky(rows, 5);
    for (int i = 0; i < rows; i++) {
      if (i % 3 == 1) {
        lseA[i] = Float.NEGATIVE_INFINITY;
      }
      if (i % 4 == 1) {
        lseB[i] = Float.NEGATIVE_INFINITY;
      }
    }
    Tensor b = f.f32(layout, draw.peaky((long) rows * size), tokens, 3, size);
    Tensor lse = f.f32(lseB, tokens, 3);
    return new MergeAttention(
        f.f32(layout, draw.peaky((long) rows * size), tokens, 3, size),
        f.f32(lseA, tokens, 3),
        b,
        lse,
        inPlace ? b : f.output(layout, tokens, 3, size),
        inPlace ? lse : f.output(tokens, 3));
  }
}
