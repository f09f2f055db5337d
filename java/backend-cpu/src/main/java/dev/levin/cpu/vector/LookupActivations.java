package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import java.util.Arrays;

/** Activations rounded to integers that meet {@link TernaryTables}, a scale a block. */
final class LookupActivations implements EncodedKernels.Activations {
  /** The integers of each block of each row, {@link TernaryRows#SLOTS} apart. */
  short[] codes = {};

  /** The scale of each block of each row. */
  float[] scales = {};

  DType dtype;
  int k;
  int blocks;

  @Override
  public void reset(DType dtype, int rows, int k) {
    this.dtype = dtype;
    this.k = k;
    blocks = Math.ceilDiv(k, TernaryRows.BLOCK);
    int count = Math.multiplyExact(rows, blocks);
    if (scales.length < count) {
      scales = new float[count];
      codes = new short[Math.multiplyExact(count, TernaryRows.SLOTS)];
    }
  }

  /** Rounds one row. */
  void prepare(float[] x, int row) {
    for (int block = 0; block < blocks; block++) {
      int from = row * k + block * TernaryRows.BLOCK;
      int count = Math.min(TernaryRows.BLOCK, (row + 1) * k - from);
      int index = row * blocks + block;
      scales[index] = round(x, from, count, index * TernaryRows.SLOTS);
    }
  }

  private float round(float[] x, int from, int count, int to) {
    float largest = 0;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    Arrays.fill(codes, to, to + TernaryRows.SLOTS, (short) 0);
    if (!(largest < Float.POSITIVE_INFINITY)) {
      return Float.NaN;
    }
    float scale = largest / TernaryTables.LIMIT;
    if (scale < Float.MIN_NORMAL) {
      return 0;
    }
    for (int i = 0; i < count; i++) {
      codes[to + i] = (short) Math.rint(x[from + i] / scale);
    }
    return scale;
  }

  /** A value as it was rounded. */
  float value(int row, int i) {
    int index = row * blocks + i / TernaryRows.BLOCK;
    return codes[index * TernaryRows.SLOTS + i % TernaryRows.BLOCK] * scales[index];
  }
}
