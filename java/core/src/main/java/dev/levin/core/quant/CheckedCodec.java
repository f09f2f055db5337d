package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Checks the ranges of a call once, so that the loops behind it need no messages of their own. */
abstract class CheckedCodec implements BlockCodec {
  private final DType dtype;
  private final boolean encodes;

  CheckedCodec(DType dtype, boolean encodes) {
    this.dtype = dtype;
    this.encodes = encodes;
  }

  /** Decodes ranges that are known to be valid. */
  abstract void decodeValues(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int count);

  /** Encodes ranges that are known to be valid. */
  abstract void encodeValues(
      float[] source, int sourceOffset, MemorySegment target, long targetOffset, int count);

  /** Encodes valid ranges by importance, in formats that know how; others ignore it. */
  void encodeWeighted(
      float[] source,
      int sourceOffset,
      float[] importance,
      int importanceOffset,
      MemorySegment target,
      long targetOffset,
      int count) {
    encodeValues(source, sourceOffset, target, targetOffset, count);
  }

  @Override
  public final DType dtype() {
    return dtype;
  }

  @Override
  public final boolean canEncode() {
    return encodes;
  }

  @Override
  public final void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int count) {
    check(source, sourceOffset, target, targetOffset, count);
    decodeValues(source, sourceOffset, target, targetOffset, count);
  }

  @Override
  public final void encode(
      float[] source, int sourceOffset, MemorySegment target, long targetOffset, int count) {
    if (!encodes) {
      throw readOnly();
    }
    check(target, targetOffset, source, sourceOffset, count);
    encodeValues(source, sourceOffset, target, targetOffset, count);
  }

  @Override
  public final void encode(
      float[] source,
      int sourceOffset,
      float[] importance,
      int importanceOffset,
      MemorySegment target,
      long targetOffset,
      int count) {
    if (importance == null) {
      encode(source, sourceOffset, target, targetOffset, count);
      return;
    }
    if (!encodes) {
      throw readOnly();
    }
    check(target, targetOffset, source, sourceOffset, count);
    checkImportance(importance, importanceOffset, count);
    encodeWeighted(source, sourceOffset, importance, importanceOffset, target, targetOffset, count);
  }

  private void checkImportance(float[] importance, int offset, int count) {
    if (offset < 0 || count > importance.length - offset) {
      throw new IllegalArgumentException(
          "%s: count %d from index %d does not fit importance of %d values"
              .formatted(dtype, count, offset, importance.length));
    }
    for (int i = offset; i < offset + count; i++) {
      if (!(importance[i] >= 0 && importance[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "%s: importance %d is %s, not a finite number from 0 on"
                .formatted(dtype, i, importance[i]));
      }
    }
  }

  final UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException(dtype + " can be decoded but not encoded");
  }

  private void check(
      MemorySegment blocks, long blocksOffset, float[] values, int valuesOffset, int count) {
    if (count < 0 || count % dtype.blockValues() != 0) {
      throw new IllegalArgumentException(
          "%s: count %d is not a multiple of the block size %d"
              .formatted(dtype, count, dtype.blockValues()));
    }
    if (valuesOffset < 0 || count > values.length - valuesOffset) {
      throw new IllegalArgumentException(
          "%s: count %d from index %d does not fit an array of %d values"
              .formatted(dtype, count, valuesOffset, values.length));
    }
    long bytes = dtype.rowBytes(count);
    if (blocksOffset < 0 || bytes > blocks.byteSize() - blocksOffset) {
      throw new IllegalArgumentException(
          "%s: count %d takes %d bytes from byte %d, the segment has %d"
              .formatted(dtype, count, bytes, blocksOffset, blocks.byteSize()));
    }
  }
}
