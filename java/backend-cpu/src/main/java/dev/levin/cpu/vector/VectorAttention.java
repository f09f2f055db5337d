package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;

import dev.levin.cpu.AttentionKernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Online softmax; a block of keys is a whole number of vectors at every width. */
final class VectorAttention implements AttentionKernels {

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
  public void accumulate(
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
}
