package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Floating-point elements without a shared scale. F64 rounds to nearest even when read. */
final class PlainCodecs {
  private PlainCodecs() {}

  static final class F64 extends CheckedCodec {
    F64() {
      super(DType.F64, true);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = (float) source.get(LittleEndian.DOUBLE, at + 8L * i);
      }
    }

    @Override
    void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      for (int i = 0; i < count; i++) {
        target.set(LittleEndian.DOUBLE, at + 8L * i, source[from + i]);
      }
    }
  }

  static final class F32 extends CheckedCodec {
    F32() {
      super(DType.F32, true);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      MemorySegment.copy(source, LittleEndian.FLOAT, at, target, to, count);
    }

    @Override
    void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      MemorySegment.copy(source, from, target, LittleEndian.FLOAT, at, count);
    }
  }

  static final class F16 extends CheckedCodec {
    F16() {
      super(DType.F16, true);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = LittleEndian.half(source, at + 2L * i);
      }
    }

    @Override
    void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      for (int i = 0; i < count; i++) {
        LittleEndian.putHalf(target, at + 2L * i, source[from + i]);
      }
    }
  }

  static final class BF16 extends CheckedCodec {
    BF16() {
      super(DType.BF16, true);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = SmallFloats.bf16ToFloat(source.get(LittleEndian.SHORT, at + 2L * i));
      }
    }

    @Override
    void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      for (int i = 0; i < count; i++) {
        target.set(LittleEndian.SHORT, at + 2L * i, SmallFloats.floatToBf16(source[from + i]));
      }
    }
  }

  static final class F8E4M3 extends CheckedCodec {
    F8E4M3() {
      super(DType.F8_E4M3, true);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = SmallFloats.e4m3ToFloat(source.get(LittleEndian.BYTE, at + i));
      }
    }

    @Override
    void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      for (int i = 0; i < count; i++) {
        target.set(LittleEndian.BYTE, at + i, SmallFloats.floatToE4m3(source[from + i]));
      }
    }
  }

  static final class F8E5M2 extends CheckedCodec {
    F8E5M2() {
      super(DType.F8_E5M2, true);
    }

    @Override
    void decodeValues(MemorySegment source, long at, float[] target, int to, int count) {
      for (int i = 0; i < count; i++) {
        target[to + i] = SmallFloats.e5m2ToFloat(source.get(LittleEndian.BYTE, at + i));
      }
    }

    @Override
    void encodeValues(float[] source, int from, MemorySegment target, long at, int count) {
      for (int i = 0; i < count; i++) {
        target.set(LittleEndian.BYTE, at + i, SmallFloats.floatToE5m2(source[from + i]));
      }
    }
  }
}
