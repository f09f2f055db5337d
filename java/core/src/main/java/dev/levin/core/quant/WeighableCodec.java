package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** A codec that encodes in one pass unless importance is given, and then searches for scales. */
abstract class WeighableCodec extends BlockwiseCodec {
  WeighableCodec(DType dtype) {
    super(dtype, true);
  }

  @Override
  abstract BlockEncoder newEncoder();

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
