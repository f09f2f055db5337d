package dev.levin.testkit.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RaggedBatch;
import dev.levin.testkit.grid.BatchPlan;
import dev.levin.testkit.grid.Draw;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.Layout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * One head whose keys at positions 0, 1, 2 are log 1, log 2, log 3 and whose values are 6, 12, 18,
 * so that a query of 1 weighs them 1 : 2 : 3.
 */
class ReferenceAttentionTest {
  private static final float[] KEYS = {0, (float) Math.log(2), (float) Math.log(3)};

  private final Fixture f = new Fixture();
  private Tensor out;
  private Tensor lse;

  @AfterEach
  void close() {
    f.close();
  }

  private void attend(
      int queries, boolean causal, int window, float softCap, float[] sinks, int[] mask) {
    RaggedBatch batch = BatchPlan.of(2, queries, 3).build(f, new Draw(7));
    int[] pages = Rows.ints(batch.pageTable(), 0);
    Tensor keys = f.poisoned(DType.F32, Layout.DENSE, 5, 1, 2, 1);
    Tensor values = f.poisoned(DType.F32, Layout.DENSE, 5, 1, 2, 1);
    for (int j = 0; j < 3; j++) {
      Rows.writeFloats(keys, new float[] {KEYS[j]}, pages[j / 2], 0, j % 2);
      Rows.writeFloats(values, new float[] {6 * (j + 1)}, pages[j / 2], 0, j % 2);
    }
    float[] ones = new float[queries];
    Arrays.fill(ones, 0.5f);
    out = f.output(queries, 1, 1);
    lse = f.output(queries, 1);
    ReferenceOps.run(
        new Attention(
            f.f32(ones, queries, 1, 1),
            keys,
            values,
            out,
            lse,
            batch,
            2,
            causal,
            window,
            softCap,
            sinks == null ? null : f.f32(sinks, 1),
            mask == null ? null : f.i32(mask, queries, 1)));
  }

  private void assertRow(int t, double wantOut, double wantLse) {
    assertArrayEquals(new float[] {(float) wantOut}, Rows.floats(out, t, 0), 1e-5f);
    assertArrayEquals(new float[] {(float) wantLse}, Rows.floats(lse, t), 1e-6f);
  }

  @Test
  void laterQueriesSeeMoreKeys() {
    attend(2, true, 0, 0, null, null);
    assertRow(0, (6 + 24) / 3.0, Math.log(3));
    assertRow(1, (6 + 24 + 54) / 6.0, Math.log(6));
  }

  @Test
  void withoutCausalityAllKeysAreSeen() {
    attend(2, false, 0, 0, null, null);
    assertRow(0, 14, Math.log(6));
  }

  @Test
  void aWindowIncludesTheQueryItself() {
    attend(2, true, 1, 0, null, null);
    assertRow(0, 12, Math.log(2));
    assertRow(1, 18, Math.log(3));
  }

  @Test
  void aSinkJoinsTheDenominatorOnly() {
    attend(1, true, 0, 0, new float[] {(float) Math.log(6)}, null);
    assertRow(0, 7, Math.log(12));
  }

  @Test
  void softCapAppliesToScaledScores() {
    attend(1, true, 1, 0.5f, null, null);
    assertRow(0, 18, 0.5 * Math.tanh(Math.log(3) / 0.5));
  }

  @Test
  void aTreeMaskHidesQueriesButNoOlderKeys() {
    attend(2, true, 0, 0, null, new int[] {0b01, 0b10});
    assertRow(0, 10, Math.log(3));
    assertRow(1, (6 + 54) / 4.0, Math.log(4));
  }

  @Test
  void aRowThatSeesNothingYieldsZero() {
    attend(3, true, 0, 0, null, new int[] {0b000, 0b001, 0b110});
    assertRow(0, 0, Double.NEGATIVE_INFINITY);
    assertRow(1, 6, 0);
    assertRow(2, (24 + 54) / 5.0, Math.log(5));
  }

  @Test
  void mergingWeighsByLogSumExp() {
    Tensor a = f.f32(new float[] {10, 10, Float.NaN}, 1, 3, 1);
    Tensor b = f.f32(new float[] {20, Float.NaN, Float.NaN}, 1, 3, 1);
    float none = Float.NEGATIVE_INFINITY;
    Tensor lseA = f.f32(new float[] {(float) Math.log(1), 4, none}, 1, 3);
    Tensor lseB = f.f32(new float[] {(float) Math.log(3), none, none}, 1, 3);
    ReferenceOps.run(new MergeAttention(a, lseA, b, lseB, b, lseA));
    assertArrayEquals(new float[] {17.5f}, Rows.floats(b, 0, 0), 1e-5f);
    assertArrayEquals(new float[] {10}, Rows.floats(b, 0, 1), 1e-5f);
    assertArrayEquals(new float[] {0}, Rows.floats(b, 0, 2));
    assertArrayEquals(new float[] {(float) Math.log(4), 4, none}, Rows.floats(lseA, 0), 1e-6f);
  }
}
