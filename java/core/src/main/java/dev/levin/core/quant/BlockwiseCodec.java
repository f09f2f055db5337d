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
  void encodeValues(
      float[] source, int sourceOffset, MemorySegment target, long targetOffset, int count) {
    long at = targetOffset;
    for (int i = 0; i < count; i += blockValues) {
      encodeBlock(source, sourceOffset + i, target, at);
      at += blockBytes;
    }
  }

  /**
   * The encoder of one call, for formats that search for their scales; it owns the memory that the
   * search works in.
   */
  BlockEncoder newEncoder() {
    throw readOnly();
  }

  /** Encodes with {@link #newEncoder()}; without importance all values weigh alike. */
  final void search(
      float[] source,
      int sourceOffset,
      float[] importance,
      int importanceOffset,
      MemorySegment target,
      long targetOffset,
      int count) {
    BlockEncoder encoder = newEncoder();
    long at = targetOffset;
    for (int i = 0; i < count; i += blockValues) {
      encoder.block.load(source, sourceOffset + i, importance, importanceOffset + i);
      encoder.encode(target, at);
      at += blockBytes;
    }
  }
}
