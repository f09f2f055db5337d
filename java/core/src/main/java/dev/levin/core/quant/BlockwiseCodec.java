package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** A codec that handles its values one whole block at a time. */
abstract class BlockwiseCodec extends CheckedCodec {
  private final int blockValues;
  private final int blockBytes;

  BlockwiseCodec(DType dtype, boolean encodes) {
    super(dtype, encodes);
    this.blockValues = dtype.blockValues();
    this.blockBytes = dtype.blockBytes();
  }

  /** Decodes the block at byte {@code at} to {@code target[to..]}. */
  abstract void decodeBlock(MemorySegment source, long at, float[] target, int to);

  /** Encodes {@code source[from..]} to the block at byte {@code at}. */
  void encodeBlock(float[] source, int from, MemorySegment target, long at) {
    throw readOnly();
  }

  @Override
  final void decodeValues(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int count) {
    long at = sourceOffset;
    for (int i = 0; i < count; i += blockValues) {
      decodeBlock(source, at, target, targetOffset + i);
      at += blockBytes;
    }
  }

  @Override
  final void encodeValues(
      float[] source, int sourceOffset, MemorySegment target, long targetOffset, int count) {
    long at = targetOffset;
    for (int i = 0; i < count; i += blockValues) {
      encodeBlock(source, sourceOffset + i, target, at);
      at += blockBytes;
    }
  }
}
