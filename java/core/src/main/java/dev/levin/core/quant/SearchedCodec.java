package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * A codec that always searches for the scales of least weighted squared error.
 *
 * <p>Blocks it writes are finite: NaN counts as 0, infinities as the largest float, and values
 * beyond what an F16 scale reaches saturate.
 */
abstract class SearchedCodec extends BlockwiseCodec {
  SearchedCodec(DType dtype) {
    super(dtype, true);
  }

  @Override
  abstract BlockEncoder newEncoder();

  @Override
  final void encodeValues(
      float[] source, int sourceOffset, MemorySegment target, long targetOffset, int count) {
    search(source, sourceOffset, null, 0, target, targetOffset, count);
  }

  @Override
  final void encodeWeighted(
      float[] source,
      int sourceOffset,
      float[] importance,
      int importanceOffset,
      MemorySegment target,
      long targetOffset,
      int count) {
    search(source, sourceOffset, importance, importanceOffset, target, targetOffset, count);
  }
}
