package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Products of one activation row with encoded weight rows, which are decoded in registers. Four
 * rows at a time keep enough independent sums in flight and enough streams for the memory; formats
 * that take many operations to decode come two rows at a time, because the compiler stops inlining
 * when a method has grown too far and then every vector becomes an object.
 */
final class RowDots {
  private RowDots() {}

  static void f32(
      MemorySegment w,
      long w0,
      long w1,
      long w2,
      long w3,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.f32(w, w0 + 4L * i).fma(v, sum0);
      sum1 = Widen.f32(w, w1 + 4L * i).fma(v, sum1);
      sum2 = Widen.f32(w, w2 + 4L * i).fma(v, sum2);
      sum3 = Widen.f32(w, w3 + 4L * i).fma(v, sum3);
    }
    store(sum0, sum1, sum2, sum3, out, outAt);
  }

  static void f16(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int outAt) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.f16(w, w0 + 2L * i).fma(v, sum0);
      sum1 = Widen.f16(w, w1 + 2L * i).fma(v, sum1);
    }
    out[outAt] = Lanes.sum(sum0);
    out[outAt + 1] = Lanes.sum(sum1);
  }

  static void bf16(
      MemorySegment w,
      long w0,
      long w1,
      long w2,
      long w3,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.bf16(w, w0 + 2L * i).fma(v, sum0);
      sum1 = Widen.bf16(w, w1 + 2L * i).fma(v, sum1);
      sum2 = Widen.bf16(w, w2 + 2L * i).fma(v, sum2);
      sum3 = Widen.bf16(w, w3 + 2L * i).fma(v, sum3);
    }
    store(sum0, sum1, sum2, sum3, out, outAt);
  }

  static void q8(
      MemorySegment w,
      long w0,
      long w1,
      long w2,
      long w3,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int blocks = k / Widen.BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block = (long) b * Widen.Q8_0_BYTES;
      float scale0 = Widen.scale(w, w0 + block);
      float scale1 = Widen.scale(w, w1 + block);
      float scale2 = Widen.scale(w, w2 + block);
      float scale3 = Widen.scale(w, w3 + block);
      for (int i = 0; i < Widen.BLOCK; i += COUNT) {
        FloatVector v = load(x, xAt + b * Widen.BLOCK + i);
        sum0 = Widen.q8(w, w0 + block, i).mul(scale0).fma(v, sum0);
        sum1 = Widen.q8(w, w1 + block, i).mul(scale1).fma(v, sum1);
        sum2 = Widen.q8(w, w2 + block, i).mul(scale2).fma(v, sum2);
        sum3 = Widen.q8(w, w3 + block, i).mul(scale3).fma(v, sum3);
      }
    }
    store(sum0, sum1, sum2, sum3, out, outAt);
  }

  static void q4(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int outAt) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / Widen.BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block = (long) b * Widen.Q4_0_BYTES;
      float scale0 = Widen.scale(w, w0 + block);
      float scale1 = Widen.scale(w, w1 + block);
      for (int i = 0; i < Widen.BLOCK / 2; i += COUNT) {
        FloatVector v = load(x, xAt + b * Widen.BLOCK + i);
        sum0 = Widen.q4Low(w, w0 + block, i).mul(scale0).fma(v, sum0);
        sum1 = Widen.q4Low(w, w1 + block, i).mul(scale1).fma(v, sum1);
      }
      for (int i = 0; i < Widen.BLOCK / 2; i += COUNT) {
        FloatVector v = load(x, xAt + b * Widen.BLOCK + Widen.BLOCK / 2 + i);
        sum0 = Widen.q4High(w, w0 + block, i).mul(scale0).fma(v, sum0);
        sum1 = Widen.q4High(w, w1 + block, i).mul(scale1).fma(v, sum1);
      }
    }
    out[outAt] = Lanes.sum(sum0);
    out[outAt + 1] = Lanes.sum(sum1);
  }

  private static void store(
      FloatVector sum0,
      FloatVector sum1,
      FloatVector sum2,
      FloatVector sum3,
      float[] out,
      int outAt) {
    out[outAt] = Lanes.sum(sum0);
    out[outAt + 1] = Lanes.sum(sum1);
    out[outAt + 2] = Lanes.sum(sum2);
    out[outAt + 3] = Lanes.sum(sum3);
  }
}
