package dev.levin.testkit.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Add;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Scoring;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;
import dev.levin.testkit.grid.BatchPlan;
import dev.levin.testkit.grid.Draw;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.Layout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The reference against numbers worked out by hand. */
class ReferenceOpsTest {
  private final Fixture f = new Fixture();

  @AfterEach
  void close() {
    f.close();
  }

  private Tensor row(float... values) {
    return f.f32(values, 1, values.length);
  }

  private Tensor tensor(float[] values, long... dims) {
    return f.f32(values, dims);
  }

  private static float[] of(float... values) {
    return values;
  }

  private static void assertRow(Tensor tensor, long[] index, float... want) {
    assertArrayEquals(want, Rows.floats(tensor, index), 2e-6f);
  }

  private static void assertRow(Tensor tensor, float... want) {
    assertRow(tensor, new long[tensor.rank() - 1], want);
  }

  @Test
  void embedScalesTheRowsItLooksUp() {
    Tensor out = f.output(2, 2);
    ReferenceOps.run(
        new Embed(tensor(of(1, 2, 3, 4, 5, 6), 3, 2), f.i32(new int[] {2, 0}, 2), out, 0.5f));
    assertRow(out, new long[] {0}, 2.5f, 3);
    assertRow(out, new long[] {1}, 0.5f, 1);
  }

  @Test
  void addScalesTheSecond() {
    Tensor x = row(1, 2);
    ReferenceOps.run(new Add(x, row(10, -20), x, 0.1f));
    assertRow(x, 2, 0);
  }

  @Test
  void softCapBendsTowardsTheCap() {
    Tensor out = f.output(1, 3);
    ReferenceOps.run(new SoftCap(row(0, 30, -1e9f), out, 30));
    assertRow(out, 0, 30 * 0.76159416f, -30);
  }

  @Test
  void rmsNormDividesByTheRootMeanSquare() {
    Tensor out = f.output(1, 2);
    ReferenceOps.run(new RmsNorm(row(3, 4), tensor(of(1, 0), 2), out, 0, 1));
    assertRow(out, 2 * 3 / 3.5355339f, 4 / 3.5355339f);
    ReferenceOps.run(new RmsNorm(row(0, 0), null, out, 1e-5f, 0));
    assertRow(out, 0, 0);
  }

  @Test
  void rmsNormOfGroupsTakesTheGroupsWeight() {
    Tensor out = f.output(1, 2, 1);
    ReferenceOps.run(new RmsNorm(tensor(of(5, -7), 1, 2, 1), tensor(of(2, 3), 2, 1), out, 0, 0));
    assertRow(out, new long[] {0, 0}, 2);
    assertRow(out, new long[] {0, 1}, -3);
  }

  @Test
  void activationsHaveTheirTextbookValues() {
    assertEquals(0.7310586, ReferenceOps.activate(Activation.SILU, 1), 1e-7);
    assertEquals(0.8411920, ReferenceOps.activate(Activation.GELU_TANH, 1), 1e-7);
    assertEquals(0.8413447, ReferenceOps.activate(Activation.GELU_ERF, 1), 1e-7);
    assertEquals(-0.0040496, ReferenceOps.activate(Activation.GELU_ERF, -3), 1e-7);
    assertEquals(0, ReferenceOps.activate(Activation.RELU, -2));
    assertEquals(9, ReferenceOps.activate(Activation.RELU_SQUARED, 3));
  }

  @Test
  void erfAgreesOnBothSidesOfItsFormulas() {
    assertEquals(0.15729920705028513, Erf.complement(1), 1e-15);
    assertEquals(1.8427007929497148, Erf.complement(-1), 1e-15);
    assertEquals(2.2090496998585438e-05, Erf.complement(3), 1e-18);
    assertEquals(4.069520174449589e-04, Erf.complement(2.5), 1e-15);
    assertEquals(4.069520174449589e-04, Erf.complement(Math.nextDown(2.5)), 1e-14);
  }

  @Test
  void clampedSwigluLimitsBothSides() {
    Tensor out = f.output(1, 2);
    ReferenceOps.run(
        new GatedActivation(row(100, 1), row(-100, 0.5f), out, Activation.SWIGLU_CLAMPED));
    assertRow(out, (float) (7 / (1 + Math.exp(-1.702 * 7)) * -6), 0.8457956f * 1.5f);
  }

  @Test
  void convertRoundsToTheOtherType() {
    Tensor half = f.poisoned(DType.F16, Layout.DENSE, 1, 3);
    ReferenceOps.run(new Convert(row(1, 1.0001f, 65_520), half));
    assertRow(half, 1, 1, Float.POSITIVE_INFINITY);
    Tensor back = f.output(1, 3);
    ReferenceOps.run(new Convert(half, back));
    assertRow(back, 1, 1, Float.POSITIVE_INFINITY);
  }

  @Test
  void linearAddsResidualAndScalesTheRest() {
    Tensor out = row(100, 200);
    ReferenceOps.run(
        new Linear(
            row(1, 2, 3), tensor(of(1, 0, 0, 1, 1, 1), 2, 3), tensor(of(10, 20), 2), out, out, 2));
    assertRow(out, 122, 252);
  }

  @Test
  void headLinearTakesEachHeadsMatrix() {
    Tensor out = f.output(1, 2, 1);
    ReferenceOps.run(
        new HeadLinear(tensor(of(1, 2, 3, 4), 1, 2, 2), tensor(of(1, 1, 1, -1), 2, 1, 2), out));
    assertRow(out, new long[] {0, 0}, 3);
    assertRow(out, new long[] {0, 1}, -1);
  }

  @Test
  void groupedLinearGathersAndCombines() {
    Tensor weight = tensor(of(1, 10, 100), 3, 1, 1);
    Tensor bias = tensor(of(0, 1, 2), 3, 1);
    Tensor ids = f.i32(new int[] {2, 0}, 1, 2);
    Tensor out = f.output(1, 2, 1);
    ReferenceOps.run(new GroupedLinear(row(3), weight, bias, ids, null, null, out));
    assertRow(out, new long[] {0, 0}, 302);
    assertRow(out, new long[] {0, 1}, 3);
    Tensor sum = row(1000);
    Tensor each = tensor(of(3, 4), 1, 2, 1);
    ReferenceOps.run(new GroupedLinear(each, weight, bias, ids, row(0.5f, 2), sum, sum));
    assertRow(sum, 1000 + 151 + 8);
  }

  @Test
  void routeExpertsBreaksTiesByIdAndKeepsPlainWeights() {
    Tensor ids = f.poisoned(DType.I32, Layout.DENSE, 1, 2);
    Tensor weights = f.output(1, 2);
    Tensor logits = row(0, 0, 0, 0);
    ReferenceOps.run(
        new RouteExperts(
            logits, tensor(of(0, 0, 1, 0), 4), ids, weights, Scoring.SIGMOID, false, 1, 1, 3));
    assertArrayEquals(new int[] {2, 0}, Rows.ints(ids, 0));
    assertRow(weights, 1.5f, 1.5f);
  }

  @Test
  void routeExpertsRanksGroupsByTheirTwoBest() {
    Tensor ids = f.poisoned(DType.I32, Layout.DENSE, 1, 2);
    Tensor weights = f.output(1, 2);
    Tensor logits = row((float) Math.log(5), 0, (float) Math.log(3), (float) Math.log(4));
    ReferenceOps.run(new RouteExperts(logits, null, ids, weights, Scoring.SOFTMAX, false, 2, 1, 1));
    assertArrayEquals(new int[] {3, 2}, Rows.ints(ids, 0));
    assertRow(weights, 4 / 13f, 3 / 13f);
    ReferenceOps.run(
        new RouteExperts(logits, null, ids, weights, Scoring.SOFTMAX_OF_TOP_K, false, 1, 1, 1));
    assertArrayEquals(new int[] {0, 3}, Rows.ints(ids, 0));
    assertRow(weights, 5 / 9f, 4 / 9f);
  }

  @Test
  void ropeTableHoldsCosinesThenSines() {
    Tensor out = f.output(1, 4);
    ReferenceOps.run(new RopeTable(f.i32(new int[] {2}, 1), tensor(of(1, 0.5f), 2), out, 2));
    assertRow(out, -0.8322937f, 1.0806046f, 1.8185949f, 1.6829420f);
  }

  @Test
  void ropeAppendRotatesAndWritesToItsSlot() {
    Tensor cosSin = row(0, 1, 1, 0);
    for (RopeStyle style : RopeStyle.values()) {
      Tensor q = tensor(of(9, 1, 2, 3, 4), 1, 1, 5);
      Tensor kCache = f.poisoned(DType.F32, Layout.DENSE, 2, 1, 2, 5);
      Tensor vCache = f.poisoned(DType.F32, Layout.DENSE, 2, 1, 2, 1);
      ReferenceOps.run(
          new RopeAppend(
              q,
              tensor(of(9, 1, 2, 3, 4), 1, 1, 5),
              tensor(of(7), 1, 1, 1),
              cosSin,
              style,
              1,
              f.i32(new int[] {3}, 1),
              kCache,
              vCache));
      float[] rotated = style == RopeStyle.HALF ? of(9, -3, 2, 1, 4) : of(9, -2, 1, 3, 4);
      assertRow(q, rotated);
      assertRow(kCache, new long[] {1, 0, 1}, rotated);
      assertRow(vCache, new long[] {1, 0, 1}, 7);
      assertRow(vCache, new long[] {1, 0, 0}, Float.NaN);
    }
  }

  @Test
  void copyPagesCopiesBytes() {
    Tensor cache = tensor(of(1, 2, 3), 3, 1);
    ReferenceOps.run(new CopyPages(cache, f.i32(new int[] {0}, 1), f.i32(new int[] {2}, 1)));
    assertRow(cache, new long[] {2}, 1);
    assertRow(cache, new long[] {1}, 2);
  }

  @Test
  void causalConvContinuesFromItsState() {
    RaggedBatch batch = BatchPlan.of(16, 2, 4).build(f, new Draw(1));
    Tensor state = f.poisoned(DType.F32, Layout.DENSE, 3, 1, 2);
    int slot = Rows.ints(batch.stateSlots())[0];
    Rows.writeFloats(state, of(1, 2), slot, 0);
    Tensor out = f.output(2, 1);
    ReferenceOps.run(
        new CausalConv(
            tensor(of(3, 4), 2, 1),
            tensor(of(100, 10, 1), 1, 3),
            tensor(of(0.5f), 1),
            state,
            out,
            null,
            batch));
    assertRow(out, new long[] {0}, 123.5f);
    assertRow(out, new long[] {1}, 234.5f);
    assertRow(state, new long[] {slot, 0}, 3, 4);
  }

  @Test
  void aSequenceThatStartsIgnoresOldState() {
    RaggedBatch batch = BatchPlan.of(16, 1, 1).build(f, new Draw(1));
    int slot = Rows.ints(batch.stateSlots())[0];
    Tensor state = f.poisoned(DType.F32, Layout.DENSE, 3, 1, 2);
    Tensor out = f.output(1, 1);
    ReferenceOps.run(
        new CausalConv(
            row(3), tensor(of(100, 10, 1), 1, 3), null, state, out, Activation.RELU, batch));
    assertRow(out, 3);
    assertRow(state, new long[] {slot, 0}, 0, 3);
  }

  @Test
  void ssmScanDecaysAndAdds() {
    RaggedBatch batch = BatchPlan.of(16, 1, 2).build(f, new Draw(1));
    int slot = Rows.ints(batch.stateSlots())[0];
    Tensor state = f.poisoned(DType.F32, Layout.DENSE, 3, 1, 1, 2);
    Rows.writeFloats(state, of(10, 20), slot, 0, 0);
    Tensor out = f.output(1, 1, 1);
    ReferenceOps.run(
        new SsmScan(
            tensor(of(3), 1, 1, 1),
            row(100),
            tensor(of((float) Math.log(0.5)), 1),
            tensor(of(1, 2), 1, 1, 2),
            tensor(of(1, 10), 1, 1, 2),
            tensor(of(100), 1),
            tensor(of(-1), 1),
            state,
            out,
            0,
            1,
            batch));
    assertRow(state, new long[] {slot, 0, 0}, 5 + 3, 10 + 6);
    assertRow(out, 8 + 160 + 300);
  }
}
