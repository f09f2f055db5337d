package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;

import dev.levin.cpu.AttentionKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Online softmax; a block of keys is a whole number of vectors at every width. */
final class VectorAttention implements AttentionKernels {
  /** Processors with 512-bit vectors have 32 of them, enough for sixteen sums. */
  private static final boolean MANY_REGISTERS = COUNT == 16;

  /** Values of a row that {@link #accumulateRows} takes at a time. */
  private static final int WIDE = (MANY_REGISTERS ? 4 : 2) * COUNT;

  @Override
  public void scale(float[] scores, int at, float scale, float softCap) {
    if (softCap > 0) {
      scaleAndCap(scores, at, scale, softCap);
      return;
    }
    for (int j = at; j < at + BLOCK; j += COUNT) {
      Lanes.load(scores, j).mul(scale).intoArray(scores, j);
    }
  }

  private static void scaleAndCap(float[] scores, int at, float scale, float softCap) {
    for (int j = at; j < at + BLOCK; j += COUNT) {
      FloatVector score = Lanes.load(scores, j).mul(scale);
      VectorMath.tanh(score.div(softCap)).mul(softCap).intoArray(scores, j);
    }
  }

  /** The greatest lane is the same in any order, so this needs no fold of its own. */
  @Override
  public float max(float[] scores, int at) {
    FloatVector max = Lanes.load(scores, at);
    for (int j = at + COUNT; j < at + BLOCK; j += COUNT) {
      max = max.max(Lanes.load(scores, j));
    }
    return max.reduceLanes(VectorOperators.MAX);
  }

  @Override
  public float expSum(float[] scores, int at, float max) {
    FloatVector sum = Lanes.zero();
    for (int j = at; j < at + BLOCK; j += COUNT) {
      FloatVector weight = VectorMath.exp(Lanes.load(scores, j).sub(max));
      weight.intoArray(scores, j);
      sum = sum.add(weight);
    }
    return Lanes.sum(sum);
  }

  @Override
  public void accumulateRow(
      float[] sums,
      int sumsAt,
      int dim,
      float rescale,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int stride) {
    int d = 0;
    for (; d + 4 * COUNT <= dim; d += 4 * COUNT) {
      accumulate4(sums, sumsAt + d, rescale, weights, weightsAt, from, to, values, d, stride);
    }
    for (; d + COUNT <= dim; d += COUNT) {
      FloatVector sum = Lanes.load(sums, sumsAt + d).mul(rescale);
      for (int j = from; j < to; j++) {
        FloatVector weight = FloatVector.broadcast(Lanes.FLOATS, weights[weightsAt + j]);
        sum = Lanes.load(values, j * stride + d).fma(weight, sum);
      }
      sum.intoArray(sums, sumsAt + d);
    }
    for (; d < dim; d++) {
      float sum = sums[sumsAt + d] * rescale;
      for (int j = from; j < to; j++) {
        sum = Math.fma(values[j * stride + d], weights[weightsAt + j], sum);
      }
      sums[sumsAt + d] = sum;
    }
  }

  private static void accumulate4(
      float[] sums,
      int at,
      float rescale,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int d,
      int stride) {
    FloatVector sum0 = Lanes.load(sums, at).mul(rescale);
    FloatVector sum1 = Lanes.load(sums, at + COUNT).mul(rescale);
    FloatVector sum2 = Lanes.load(sums, at + 2 * COUNT).mul(rescale);
    FloatVector sum3 = Lanes.load(sums, at + 3 * COUNT).mul(rescale);
    for (int j = from; j < to; j++) {
      FloatVector weight = FloatVector.broadcast(Lanes.FLOATS, weights[weightsAt + j]);
      int value = j * stride + d;
      sum0 = Lanes.load(values, value).fma(weight, sum0);
      sum1 = Lanes.load(values, value + COUNT).fma(weight, sum1);
      sum2 = Lanes.load(values, value + 2 * COUNT).fma(weight, sum2);
      sum3 = Lanes.load(values, value + 3 * COUNT).fma(weight, sum3);
    }
    sum0.intoArray(sums, at);
    sum1.intoArray(sums, at + COUNT);
    sum2.intoArray(sums, at + 2 * COUNT);
    sum3.intoArray(sums, at + 3 * COUNT);
  }

  /** Each load of values serves four rows; see {@link #accumulateRow} for the rest of a row. */
  @Override
  public void accumulateRows(
      float[] sums,
      int sumsAt,
      int dim,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int stride) {
    int d = 0;
    for (; d + WIDE <= dim; d += WIDE) {
      if (MANY_REGISTERS) {
        fourRows(sums, sumsAt + d, dim, weights, weightsAt, from, to, values, d, stride);
      } else {
        fourNarrow(sums, sumsAt + d, dim, weights, weightsAt, from, to, values, d, stride);
      }
    }
    for (int row = 0; row < ROWS && d < dim; row++) {
      int target = sumsAt + row * dim;
      rest(sums, target, d, dim, weights, weightsAt + row * BLOCK, from, to, values, stride);
    }
  }

  private static void rest(
      float[] sums,
      int sumsAt,
      int first,
      int dim,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int stride) {
    int d = first;
    for (; d + COUNT <= dim; d += COUNT) {
      FloatVector sum = Lanes.load(sums, sumsAt + d);
      for (int j = from; j < to; j++) {
        FloatVector weight = FloatVector.broadcast(Lanes.FLOATS, weights[weightsAt + j]);
        sum = Lanes.load(values, j * stride + d).fma(weight, sum);
      }
      sum.intoArray(sums, sumsAt + d);
    }
    for (; d < dim; d++) {
      float sum = sums[sumsAt + d];
      for (int j = from; j < to; j++) {
        sum = Math.fma(values[j * stride + d], weights[weightsAt + j], sum);
      }
      sums[sumsAt + d] = sum;
    }
  }

  private static void fourRows(
      float[] sums,
      int sums0,
      int dim,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int d,
      int stride) {
    int sums1 = sums0 + dim;
    int sums2 = sums1 + dim;
    int sums3 = sums2 + dim;
    FloatVector sum00 = Lanes.load(sums, sums0);
    FloatVector sum01 = Lanes.load(sums, sums0 + COUNT);
    FloatVector sum02 = Lanes.load(sums, sums0 + 2 * COUNT);
    FloatVector sum03 = Lanes.load(sums, sums0 + 3 * COUNT);
    FloatVector sum10 = Lanes.load(sums, sums1);
    FloatVector sum11 = Lanes.load(sums, sums1 + COUNT);
    FloatVector sum12 = Lanes.load(sums, sums1 + 2 * COUNT);
    FloatVector sum13 = Lanes.load(sums, sums1 + 3 * COUNT);
    FloatVector sum20 = Lanes.load(sums, sums2);
    FloatVector sum21 = Lanes.load(sums, sums2 + COUNT);
    FloatVector sum22 = Lanes.load(sums, sums2 + 2 * COUNT);
    FloatVector sum23 = Lanes.load(sums, sums2 + 3 * COUNT);
    FloatVector sum30 = Lanes.load(sums, sums3);
    FloatVector sum31 = Lanes.load(sums, sums3 + COUNT);
    FloatVector sum32 = Lanes.load(sums, sums3 + 2 * COUNT);
    FloatVector sum33 = Lanes.load(sums, sums3 + 3 * COUNT);
    for (int j = from; j < to; j++) {
      int value = j * stride + d;
      FloatVector value0 = Lanes.load(values, value);
      FloatVector value1 = Lanes.load(values, value + COUNT);
      FloatVector value2 = Lanes.load(values, value + 2 * COUNT);
      FloatVector value3 = Lanes.load(values, value + 3 * COUNT);
      int at = weightsAt + j;
      FloatVector weight0 = FloatVector.broadcast(Lanes.FLOATS, weights[at]);
      sum00 = value0.fma(weight0, sum00);
      sum01 = value1.fma(weight0, sum01);
      sum02 = value2.fma(weight0, sum02);
      sum03 = value3.fma(weight0, sum03);
      FloatVector weight1 = FloatVector.broadcast(Lanes.FLOATS, weights[at + BLOCK]);
      sum10 = value0.fma(weight1, sum10);
      sum11 = value1.fma(weight1, sum11);
      sum12 = value2.fma(weight1, sum12);
      sum13 = value3.fma(weight1, sum13);
      FloatVector weight2 = FloatVector.broadcast(Lanes.FLOATS, weights[at + 2 * BLOCK]);
      sum20 = value0.fma(weight2, sum20);
      sum21 = value1.fma(weight2, sum21);
      sum22 = value2.fma(weight2, sum22);
      sum23 = value3.fma(weight2, sum23);
      FloatVector weight3 = FloatVector.broadcast(Lanes.FLOATS, weights[at + 3 * BLOCK]);
      sum30 = value0.fma(weight3, sum30);
      sum31 = value1.fma(weight3, sum31);
      sum32 = value2.fma(weight3, sum32);
      sum33 = value3.fma(weight3, sum33);
    }
    sum00.intoArray(sums, sums0);
    sum01.intoArray(sums, sums0 + COUNT);
    sum02.intoArray(sums, sums0 + 2 * COUNT);
    sum03.intoArray(sums, sums0 + 3 * COUNT);
    sum10.intoArray(sums, sums1);
    sum11.intoArray(sums, sums1 + COUNT);
    sum12.intoArray(sums, sums1 + 2 * COUNT);
    sum13.intoArray(sums, sums1 + 3 * COUNT);
    sum20.intoArray(sums, sums2);
    sum21.intoArray(sums, sums2 + COUNT);
    sum22.intoArray(sums, sums2 + 2 * COUNT);
    sum23.intoArray(sums, sums2 + 3 * COUNT);
    sum30.intoArray(sums, sums3);
    sum31.intoArray(sums, sums3 + COUNT);
    sum32.intoArray(sums, sums3 + 2 * COUNT);
    sum33.intoArray(sums, sums3 + 3 * COUNT);
  }

  private static void fourNarrow(
      float[] sums,
      int sums0,
      int dim,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int d,
      int stride) {
    int sums1 = sums0 + dim;
    int sums2 = sums1 + dim;
    int sums3 = sums2 + dim;
    FloatVector sum00 = Lanes.load(sums, sums0);
    FloatVector sum01 = Lanes.load(sums, sums0 + COUNT);
    FloatVector sum10 = Lanes.load(sums, sums1);
    FloatVector sum11 = Lanes.load(sums, sums1 + COUNT);
    FloatVector sum20 = Lanes.load(sums, sums2);
    FloatVector sum21 = Lanes.load(sums, sums2 + COUNT);
    FloatVector sum30 = Lanes.load(sums, sums3);
    FloatVector sum31 = Lanes.load(sums, sums3 + COUNT);
    for (int j = from; j < to; j++) {
      int value = j * stride + d;
      FloatVector value0 = Lanes.load(values, value);
      FloatVector value1 = Lanes.load(values, value + COUNT);
      int at = weightsAt + j;
      FloatVector weight0 = FloatVector.broadcast(Lanes.FLOATS, weights[at]);
      sum00 = value0.fma(weight0, sum00);
      sum01 = value1.fma(weight0, sum01);
      FloatVector weight1 = FloatVector.broadcast(Lanes.FLOATS, weights[at + BLOCK]);
      sum10 = value0.fma(weight1, sum10);
      sum11 = value1.fma(weight1, sum11);
      FloatVector weight2 = FloatVector.broadcast(Lanes.FLOATS, weights[at + 2 * BLOCK]);
      sum20 = value0.fma(weight2, sum20);
      sum21 = value1.fma(weight2, sum21);
      FloatVector weight3 = FloatVector.broadcast(Lanes.FLOATS, weights[at + 3 * BLOCK]);
      sum30 = value0.fma(weight3, sum30);
      sum31 = value1.fma(weight3, sum31);
    }
    sum00.intoArray(sums, sums0);
    sum01.intoArray(sums, sums0 + COUNT);
    sum10.intoArray(sums, sums1);
    sum11.intoArray(sums, sums1 + COUNT);
    sum20.intoArray(sums, sums2);
    sum21.intoArray(sums, sums2 + COUNT);
    sum30.intoArray(sums, sums3);
    sum31.intoArray(sums, sums3 + COUNT);
  }
}
