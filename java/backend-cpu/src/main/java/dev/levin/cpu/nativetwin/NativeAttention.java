package dev.levin.cpu.nativetwin;

import dev.levin.cpu.AttentionKernels;
import dev.levin.cpu.SliceKernels;

/** Attends natively; caches of dtypes without a native kernel go to the base kernels. */
final class NativeAttention implements AttentionKernels {
  private final AttentionKernels base;
  private final SliceKernels slices = new NativeSlices();

  NativeAttention(AttentionKernels base) {
    this.base = base;
  }

  @Override
  public SliceKernels slices() {
    return slices;
  }

  @Override
  public void scale(float[] scores, int at, float scale, float softCap) {
    base.scale(scores, at, scale, softCap);
  }

  @Override
  public float max(float[] scores, int at) {
    return base.max(scores, at);
  }

  @Override
  public float expSum(float[] scores, int at, float max) {
    return base.expSum(scores, at, max);
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
    base.accumulateRow(sums, sumsAt, dim, rescale, weights, weightsAt, from, to, values, stride);
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
    base.accumulateRows(sums, sumsAt, dim, weights, weightsAt, from, to, values, stride);
  }
}
