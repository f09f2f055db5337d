package dev.levin.cpu.scalar;

import dev.levin.cpu.AttentionKernels;

/** Online softmax as loops over single values. */
final class ScalarAttention implements AttentionKernels {

  @Override
  public void scale(float[] scores, int at, float scale, float softCap) {
    for (int j = at; j < at + BLOCK; j++) {
      float score = scale * scores[j];
      scores[j] = softCap > 0 ? (float) (softCap * Math.tanh(score / softCap)) : score;
    }
  }

  @Override
  public float max(float[] scores, int at) {
    float max = Float.NEGATIVE_INFINITY;
    for (int j = at; j < at + BLOCK; j++) {
      max = Math.max(max, scores[j]);
    }
    return max;
  }

  @Override
  public float expSum(float[] scores, int at, float max) {
    double sum = 0;
    for (int j = at; j < at + BLOCK; j++) {
      scores[j] = (float) Math.exp((double) scores[j] - max);
      sum += scores[j];
    }
    return (float) sum;
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
    for (int d = 0; d < dim; d++) {
      sums[sumsAt + d] *= rescale;
    }
    for (int j = from; j < to; j++) {
      float weight = weights[weightsAt + j];
      for (int d = 0; d < dim; d++) {
        sums[sumsAt + d] += weight * values[j * stride + d];
      }
    }
  }

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
    for (int row = 0; row < ROWS; row++) {
      int target = sumsAt + row * dim;
      int weight = weightsAt + row * BLOCK;
      accumulateRow(sums, target, dim, 1, weights, weight, from, to, values, stride);
    }
  }
}
