package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.load;
import static dev.levin.cpu.vector.Pairs.scale;
import static dev.levin.cpu.vector.Pairs.toFloats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Products of one row of activations with two encoded rows, and rows unpacked for {@link
 * IntegerTiles}, of formats of 32 values with one scale.
 *
 * <p>Where a block begins is advanced by a stride the compiler does not know: were it a constant,
 * C2 would rewrite each loop so as to hoist its range checks, at a hundred instructions a row.
 */
final class IntegerRows {
  /** Pairs of a block. */
  private static final int BLOCK = 16;

  private static final int HALF = BLOCK / 2;

  private IntegerRows() {}

  /** Sixteen bytes' nibbles, four products a lane. */
  private static IntVector nibbles(MemorySegment w, long at, IntVector u, IntVector v) {
    ShortVector bytes = Pairs.bytes(w, at);
    return bytes.reinterpretAsInts().mul(u).add(Pairs.upper(bytes).mul(v));
  }

  static void dotQ40(
      MemorySegment w,
      long w0,
      long w1,
      long step,
      IntegerActivations activations,
      int row,
      float[] out,
      int o0,
      int o1) {
    int[] x = activations.pairs;
    int[] offsets = activations.offsets;
    float[] scales = activations.scales;
    int blocks = activations.k / 32;
    int first = row * blocks;
    FloatVector sum0 = Pairs.zero();
    FloatVector sum1 = Pairs.zero();
    for (int b = first; b < first + blocks; b++) {
      FloatVector scale0 = scale(Widen.half(w, w0) * scales[b]);
      FloatVector scale1 = scale(Widen.half(w, w1) * scales[b]);
      for (int i = 0; i < HALF; i += COUNT) {
        IntVector u = load(x, b * BLOCK + i);
        IntVector v = load(x, b * BLOCK + HALF + i);
        IntVector offset = load(offsets, b * HALF + i);
        sum0 = toFloats(nibbles(w, w0 + 2 + 2 * i, u, v).add(offset)).fma(scale0, sum0);
        sum1 = toFloats(nibbles(w, w1 + 2 + 2 * i, u, v).add(offset)).fma(scale1, sum1);
      }
      w0 += step;
      w1 += step;
    }
    out[o0] = Pairs.sum(sum0);
    out[o1] = Pairs.sum(sum1);
  }

  static void dotQ41(
      MemorySegment w,
      long w0,
      long w1,
      long step,
      IntegerActivations activations,
      int row,
      float[] out,
      int o0,
      int o1) {
    int[] x = activations.pairs;
    float[] scales = activations.scales;
    int blocks = activations.k / 32;
    int first = row * blocks;
    FloatVector sum0 = Pairs.zero();
    FloatVector sum1 = Pairs.zero();
    for (int b = first; b < first + blocks; b++) {
      FloatVector scale0 = scale(Widen.half(w, w0) * scales[b]);
      FloatVector scale1 = scale(Widen.half(w, w1) * scales[b]);
      for (int i = 0; i < HALF; i += COUNT) {
        IntVector u = load(x, b * BLOCK + i);
        IntVector v = load(x, b * BLOCK + HALF + i);
        sum0 = toFloats(nibbles(w, w0 + 4 + 2 * i, u, v)).fma(scale0, sum0);
        sum1 = toFloats(nibbles(w, w1 + 4 + 2 * i, u, v)).fma(scale1, sum1);
      }
      w0 += step;
      w1 += step;
    }
    out[o0] = Pairs.sum(sum0);
    out[o1] = Pairs.sum(sum1);
  }

  /** The minima of a row of Q4_1, as what is subtracted. */
  static void minimaQ41(MemorySegment w, long at, long step, int blocks, float[] minima, int to) {
    for (int b = 0; b < blocks; b++) {
      minima[to + b] = -Widen.half(w, at);
      at += step;
    }
  }

  /** The scales of a row. */
  static void scales(MemorySegment w, long at, long step, int blocks, float[] scales, int to) {
    for (int b = 0; b < blocks; b++) {
      scales[to + b] = Widen.half(w, at);
      at += step;
    }
  }

  /**
   * Bytes and their upper nibbles, beside activations that are made for them.
   *
   * @param offset what is subtracted from each nibble
   */
  static void unpackNibbles(
      MemorySegment w, long at, long step, int blocks, int offset, int[] pairs, int to) {
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < HALF; i += COUNT) {
        ShortVector bytes = Pairs.bytes(w, at + 2 * i);
        IntVector whole = bytes.reinterpretAsInts().sub(17 * offset * Pairs.BOTH);
        whole.intoArray(pairs, to + b * BLOCK + i);
        Pairs.upper(bytes).sub(offset * Pairs.BOTH).intoArray(pairs, to + b * BLOCK + HALF + i);
      }
      at += step;
    }
  }
}
