package dev.levin.core.op;

import static dev.levin.core.op.Views.f32;
import static dev.levin.core.op.Views.i32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What records say about arguments that do not fit. */
class OpChecksTest {
  private static final RaggedBatch BATCH = Views.batch(new int[] {2, 1}, new int[] {2, 4});

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void namesAreThoseOfTheRecords() {
    assertEquals("SoftCap", new SoftCap(f32(1, 2), f32(1, 2), 1).name());
  }

  @Test
  void linear() {
    Tensor x = f32(3, 8);
    new Linear(x, Views.of(DType.BF16, 5, 8), f32(5), f32(3, 5), f32(3, 5), 1);
    refused("weight is null", () -> new Linear(x, null, null, null, f32(3, 5), 1));
    refused("x is null", () -> new Linear(null, f32(5, 8), null, null, f32(3, 5), 1));
    refused(
        "weight is F32[5,9], expected shape [-1, 8]",
        () -> new Linear(x, f32(5, 9), null, null, f32(3, 5), 1));
    refused(
        "bias is F32[4], expected shape [5]",
        () -> new Linear(x, f32(5, 8), f32(4), null, f32(3, 5), 1));
    refused(
        "out is F16[3,5], expected dtype F32",
        () -> new Linear(x, f32(5, 8), null, null, Views.of(DType.F16, 3, 5), 1));
  }

  @Test
  void activationsOfAnOpAreOfOneType() {
    Tensor x = Views.of(DType.F16, 3, 8);
    Tensor weight = f32(5, 8);
    assertEquals(DType.F16, new SoftCap(x, x, 1).activationType());
    assertEquals(
        DType.BF16, new Embed(weight, i32(3), Views.of(DType.BF16, 3, 8), 1).activationType());
    Linear logits = new Linear(x, weight, f32(5), f32(3, 5), f32(3, 5), 1);
    assertEquals(DType.F16, logits.activationType());
    refused(
        "x is Q8_0[3,32], expected an activation type: F32, F16 or BF16",
        () -> new SoftCap(Views.of(DType.Q8_0, 3, 32), f32(3, 32), 1));
    refused(
        "out is BF16[3,8], expected dtype F16",
        () -> new SoftCap(x, Views.of(DType.BF16, 3, 8), 1));
    refused(
        "out is BF16[3,5], expected dtype F16 or F32",
        () -> new Linear(x, weight, null, null, Views.of(DType.BF16, 3, 5), 1));
    refused(
        "residual is F16[3,5], expected dtype F32",
        () -> new Linear(x, weight, null, Views.of(DType.F16, 3, 5), f32(3, 5), 1));
    refused(
        "weight is F16[8], expected dtype F32",
        () -> new RmsNorm(x, Views.of(DType.F16, 8), x, 1e-6f, 0));
  }

  @Test
  void elementWise() {
    refused(
        "y is F32[2,9], expected shape [2, 8]", () -> new Add(f32(2, 8), f32(2, 9), f32(2, 8), 1));
    refused("cap is 0.0", () -> new SoftCap(f32(2, 8), f32(2, 8), 0));
    refused("cap is NaN", () -> new SoftCap(f32(2, 8), f32(2, 8), Float.NaN));
    refused(
        "SWIGLU_CLAMPED needs up",
        () -> new GatedActivation(f32(2, 8), null, f32(2, 8), Activation.SWIGLU_CLAMPED));
    refused(
        "neither side is F32",
        () -> new Convert(Views.of(DType.F16, 2, 8), Views.of(DType.BF16, 2, 8)));
  }

  @Test
  void embed() {
    refused("ids is F32[3], expected dtype I32", () -> new Embed(f32(10, 8), f32(3), f32(3, 8), 1));
    refused(
        "out is F32[3,7], expected shape [3, 8]",
        () -> new Embed(f32(10, 8), i32(3), f32(3, 7), 1));
  }

  @Test
  void rmsNorm() {
    new RmsNorm(f32(2, 3, 8), f32(3, 8), f32(2, 3, 8), 1e-6f, 0);
    refused("x is F32[8], expected rank 2 or 3", () -> new RmsNorm(f32(8), null, f32(8), 1e-6f, 0));
    refused(
        "weight is F32[3,8] but x is F32[2,8]",
        () -> new RmsNorm(f32(2, 8), f32(3, 8), f32(2, 8), 1e-6f, 0));
    refused(
        "weight is F32[9], expected shape [8]",
        () -> new RmsNorm(f32(2, 8), f32(9), f32(2, 8), 1e-6f, 0));
  }

  @Test
  void rope() {
    Tensor cache = f32(4, 2, 16, 8);
    refused(
        "rotary range 4+6 exceeds head size 8",
        () ->
            new RopeAppend(
                f32(3, 4, 8),
                f32(3, 2, 8),
                null,
                f32(3, 6),
                RopeStyle.HALF,
                4,
                i32(3),
                cache,
                null));
    refused(
        "v and vCache must both be given or both be null",
        () ->
            new RopeAppend(
                f32(3, 4, 8), f32(3, 2, 8), null, null, RopeStyle.HALF, 0, i32(3), cache, cache));
    refused(
        "out is F32[3,7], expected shape [3, 8]",
        () -> new RopeTable(i32(3), f32(4), f32(3, 7), 1));
  }

  @Test
  void attention() {
    Tensor cache = f32(4, 2, 16, 8);
    refused("3 query heads are not a multiple of 2 KV heads", () -> attend(3, cache, cache, 0));
    refused("window -1, softCap 0.0", () -> attend(4, cache, cache, -1));
    Tensor otherPages = f32(4, 2, 32, 8);
    refused(
        "kCache is F32[4,2,32,8], expected shape [-1, -1, 16, 8]",
        () -> attend(4, otherPages, otherPages, 0));
    Tensor halves = Views.of(DType.F16, 4, 2, 16, 8);
    refused("vCache is F16[4,2,16,8], expected dtype F32", () -> attend(4, cache, halves, 0));
    attend(4, cache, null, 0);
  }

  private static void attend(int heads, Tensor kCache, Tensor vCache, int window) {
    Tensor q = f32(3, heads, 8);
    new Attention(q, kCache, vCache, f32(3, heads, 8), null, BATCH, 1, true, window, 0, null, null);
  }

  @Test
  void experts() {
    refused("4 experts chosen of 8", () -> route(4, 4, 1));
    refused("5 of 4 groups over 8 experts", () -> route(2, 4, 5));
    refused("1 of 3 groups over 8 experts", () -> route(2, 3, 1));
    refused(
        "residual needs combine",
        () ->
            new GroupedLinear(
                f32(2, 8), f32(4, 5, 8), null, i32(2, 3), null, f32(2, 5), f32(2, 3, 5)));
  }

  private static void route(int chosen, int groups, int topGroups) {
    new RouteExperts(
        f32(2, 8),
        null,
        i32(2, chosen),
        f32(2, chosen),
        Scoring.SIGMOID,
        true,
        groups,
        topGroups,
        1);
  }

  @Test
  void recurrences() {
    refused(
        "state is F32[4,6,3], expected shape [-1, 6, 2]",
        () ->
            new CausalConv(
                f32(3, 6), f32(6, 3), null, f32(4, 6, 3), f32(3, 6), Activation.SILU, BATCH));
    refused(
        "4 heads in 3 groups",
        () ->
            new SsmScan(
                f32(3, 4, 8),
                f32(3, 4),
                f32(4),
                f32(3, 3, 16),
                f32(3, 3, 16),
                null,
                f32(4),
                f32(2, 4, 8, 16),
                f32(3, 4, 8),
                0,
                1,
                BATCH));
    refused(
        "4 heads in 0 groups",
        () ->
            new SsmScan(
                f32(3, 4, 8),
                f32(3, 4),
                f32(4),
                f32(3, 0, 16),
                f32(3, 0, 16),
                null,
                f32(4),
                f32(2, 4, 8, 16),
                f32(3, 4, 8),
                0,
                1,
                BATCH));
  }

  @Test
  void pagesAndBatches() {
    refused("to is I32[2], expected shape [3]", () -> new CopyPages(f32(4, 8), i32(3), i32(2)));
    refused(
        "cache is F32[4,8]strided", () -> new CopyPages(f32(4, 16).slice(1, 0, 8), i32(3), i32(3)));
    refused(
        "cuSeqlensQ is I32[2], expected shape [3]",
        () ->
            new RaggedBatch(
                i32(3), i32(2), i32(2), i32(2, 8), i32(3), i32(2), 16, new BatchLengths()));
    refused(
        "pageSize is 0",
        () ->
            new RaggedBatch(
                i32(3), i32(3), i32(2), i32(2, 8), i32(3), i32(2), 0, new BatchLengths()));
    assertEquals("T=3, B=2, pageSize=16", BATCH.toString());
    assertEquals(2, BATCH.lengths().queryLen(0));
    assertEquals(4, BATCH.lengths().kvLen(1));
  }

  @Test
  void mergedHalvesHaveOneShape() {
    refused(
        "lseB is F32[3,4], expected shape [3, 2]",
        () ->
            new MergeAttention(
                f32(3, 2, 8), f32(3, 2), f32(3, 2, 8), f32(3, 4), f32(3, 2, 8), f32(3, 2)));
    refused(
        "weight is F32[4,5,8], expected shape [2, -1, 8]",
        () -> new HeadLinear(f32(3, 2, 8), f32(4, 5, 8), f32(3, 2, 5)));
  }

  @Test
  void sample() {
    Tensor rows = f32(2);
    new Sample(f32(2, 7), rows, i32(2), rows, rows, rows, i32(2));
    refused(
        "logits is F32[2,1048576], expected 1 to 1048575 columns",
        () -> new Sample(f32(2, 1 << 20), rows, i32(2), rows, rows, rows, i32(2)));
    refused(
        "topK is F32[2], expected dtype I32",
        () -> new Sample(f32(2, 7), rows, rows, rows, rows, rows, i32(2)));
    refused(
        "ids is I32[3], expected shape [2]",
        () -> new Sample(f32(2, 7), rows, i32(2), rows, rows, rows, i32(3)));
  }

  @Test
  void pointsDependOnSeedAndPositionAlone() {
    assertEquals(Sample.point(7, 3), Sample.point(7, 3));
    double sum = 0;
    double products = 0;
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      float point = Sample.point(i / 100, i % 100);
      assertTrue(point >= 0 && point < 1, () -> "point " + point);
      sum += point - 0.5;
      products += (point - 0.5) * (Sample.point(i / 100, i % 100 + 1) - 0.5);
    }
    // Four standard deviations of the mean of uniform numbers, and of products of two.
    assertEquals(0, sum / count, 4 * Math.sqrt(1 / 12. / count));
    assertEquals(0, products / count, 4 / 12. / Math.sqrt(count));
  }
}
