package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Integer elements, read as the nearest float. */
final class IntegerCodecs {
  private IntegerCodecs() {}

  /** Which integers a float should become is the caller's rule, so none is written here. */
  private abstract static class ReadOnly extends CheckedCodec {
    ReadOnly(DType dtype) {
      super(dtype, false);
    }

    @Override
    final void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      throw readOnly();
    }
  }

  static final class U8 extends ReadOnly {
    U8() {
      super(DType.U8);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = LittleEndian.unsignedByte(source, at + i);
      }
    }
  }

  static final class I8 extends ReadOnly {
    I8() {
      super(DType.I8);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = source.get(LittleEndian.BYTE, at + i);
      }
    }
  }

  static final class I16 extends ReadOnly {
    I16() {
      super(DType.I16);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = source.get(LittleEndian.SHORT, at + 2L * i);
      }
    }
  }

  static final class I32 extends ReadOnly {
    I32() {
      super(DType.I32);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = source.get(LittleEndian.INT, at + 4L * i);
      }
    }
  }

  static final class I64 extends ReadOnly {
    I64() {
      super(DType.I64);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = source.get(LittleEndian.LONG, at + 8L * i);
      }
    }
  }
}
