package dev.levin.models.weights;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Rearranges weights that a file stores in an order no kernel reads: done once at load, off heap,
 * and only for the layouts that need it. Everything else stays mapped.
 */
final class Repack {
  private static final int MXFP4_GROUP_BYTES = 16;

  private Repack() {}

  /** Any dtype to contiguous F32 of the same shape. */
  static Tensor toF32(Tensor source) {
    Tensor target = Tensor.allocateHost(DType.F32, source.shape().toArray());
    BlockCodec codec = Codecs.of(source.dtype());
    int width = Math.toIntExact(source.shape().last());
    float[] row = new float[width];
    MemorySegment from = HostBuffer.segmentOf(source);
    MemorySegment to = HostBuffer.segmentOf(target);
    long rows = source.shape().rows();
    for (long i = 0; i < rows; i++) {
      codec.decode(from, source.offset() + i * source.rowBytes(), row, 0, width);
      MemorySegment.copy(row, 0, to, ValueLayout.JAVA_FLOAT, i * width * Float.BYTES, width);
    }
    return target;
  }

  /** [-exp(logs[i])] as a vector. */
  static Tensor negativeExp(float[] logs) {
    Tensor target = Tensor.allocateHost(DType.F32, logs.length);
    MemorySegment to = HostBuffer.segmentOf(target);
    for (int i = 0; i < logs.length; i++) {
      to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) -Math.exp(logs[i]));
    }
    return target;
  }

  /** [B, M, N] F32 to [B, N, M]. */
  static Tensor transpose(Tensor source) {
    long batches = source.dim(0);
    long m = source.dim(1);
    long n = source.dim(2);
    Tensor target = Tensor.allocateHost(DType.F32, batches, n, m);
    MemorySegment from = HostBuffer.segmentOf(source);
    MemorySegment to = HostBuffer.segmentOf(target);
    for (long b = 0; b < batches; b++) {
      for (long i = 0; i < m; i++) {
        long row = source.offset(b, i);
        for (long j = 0; j < n; j++) {
          float value = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, row + j * Float.BYTES);
          to.set(ValueLayout.JAVA_FLOAT, target.offset(b, j) + i * Float.BYTES, value);
        }
      }
    }
    return target;
  }

  /** Every second row of dimension 1, starting at {@code first}, as a view. */
  static Tensor everySecondRow(Tensor source, int first) {
    Tensor shifted = source.slice(1, first, source.dim(1));
    return Tensor.strided(
        source.dtype(),
        Shape.of(source.dim(0), source.dim(1) / 2, source.dim(2)),
        source.buffer(),
        shifted.offset(),
        source.stride(0),
        2 * source.stride(1));
  }

  /**
   * MXFP4 as Hugging Face keeps it to the block layout of {@link DType#MXFP4}: nibbles of one byte
   * are neighbours there and half a block apart here.
   *
   * @param blocks [E, N, K/32, 16] U8
   * @param scales [E, N, K/32] U8
   * @return [E, N, K]
   */
  static Tensor mxfp4(Tensor blocks, Tensor scales) {
    long groups = blocks.dim(2);
    Tensor target =
        Tensor.allocateHost(
            DType.MXFP4, blocks.dim(0), blocks.dim(1), groups * DType.MXFP4.blockValues());
    MemorySegment nibbles = HostBuffer.segmentOf(blocks);
    MemorySegment exponents = HostBuffer.segmentOf(scales);
    MemorySegment to = HostBuffer.segmentOf(target);
    long count = blocks.dim(0) * blocks.dim(1) * groups;
    byte[] values = new byte[DType.MXFP4.blockValues()];
    for (long g = 0; g < count; g++) {
      for (int i = 0; i < MXFP4_GROUP_BYTES; i++) {
        byte pair = nibbles.get(ValueLayout.JAVA_BYTE, blocks.offset() + g * MXFP4_GROUP_BYTES + i);
        values[2 * i] = (byte) (pair & 15);
        values[2 * i + 1] = (byte) (pair >> 4 & 15);
      }
      long block = g * DType.MXFP4.blockBytes();
      to.set(
          ValueLayout.JAVA_BYTE, block, exponents.get(ValueLayout.JAVA_BYTE, scales.offset() + g));
      for (int i = 0; i < MXFP4_GROUP_BYTES; i++) {
        byte pair = (byte) (values[i] | values[i + MXFP4_GROUP_BYTES] << 4);
        to.set(ValueLayout.JAVA_BYTE, block + 1 + i, pair);
      }
    }
    return target;
  }

  /**
   * Matrices of one shape and dtype as [E, N, K]: a view when they lie evenly spaced in one buffer,
   * otherwise a copy.
   */
  static Tensor stack(List<Tensor> matrices) {
    Tensor first = matrices.getFirst();
    long stride = matrices.size() > 1 ? matrices.get(1).offset() - first.offset() : 0;
    boolean even = matrices.size() == 1 || stride >= first.byteSize();
    for (int i = 0; even && i < matrices.size(); i++) {
      Tensor matrix = matrices.get(i);
      even = matrix.buffer() == first.buffer() && matrix.offset() == first.offset() + i * stride;
    }
    if (even) {
      return Tensor.strided(
          first.dtype(),
          Shape.of(matrices.size(), first.dim(0), first.dim(1)),
          first.buffer(),
          first.offset(),
          stride,
          first.stride(0));
    }
    Tensor target = Tensor.allocateHost(first.dtype(), matrices.size(), first.dim(0), first.dim(1));
    for (int i = 0; i < matrices.size(); i++) {
      Tensor matrix = matrices.get(i);
      MemorySegment.copy(
          HostBuffer.segmentOf(matrix),
          matrix.offset(),
          HostBuffer.segmentOf(target),
          target.offset(i),
          matrix.byteSize());
    }
    return target;
  }
}
