package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Encoded values in memory as vectors of floats, bit for bit as the codecs decode them. */
final class Widen {
  /** Values in a block of the formats below. */
  static final int BLOCK = 32;

  static final int Q8_0_BYTES = 34;
  static final int Q4_0_BYTES = 18;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(Lanes.ORDER);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(Lanes.ORDER);

  /** Moves an F16 exponent to that of an F32: 2^(127 - 15). */
  private static final float F16_REBIAS = 0x1p112f;

  /** F16 infinity, moved to the F32 mantissa's place. */
  private static final int F16_INFINITY = 0x7c00 << 13;

  private static final int F32_INFINITY = 0x7f800000;

  private Widen() {}

  static FloatVector f32(MemorySegment source, long at) {
    return FloatVector.fromMemorySegment(Lanes.FLOATS, source, at, Lanes.ORDER);
  }

  private static IntVector shorts(MemorySegment source, long at) {
    return (IntVector)
        ShortVector.fromMemorySegment(Lanes.SHORTS, source, at, Lanes.ORDER)
            .convertShape(VectorOperators.ZERO_EXTEND_S2I, Lanes.INTS, 0);
  }

  static FloatVector bf16(MemorySegment source, long at) {
    return shorts(source, at).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /** The multiplication makes subnormals normal; infinities and NaN get their exponent set. */
  static FloatVector f16(MemorySegment source, long at) {
    IntVector half = shorts(source, at);
    IntVector magnitude = half.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, F16_INFINITY);
    IntVector finite = magnitude.reinterpretAsFloats().mul(F16_REBIAS).reinterpretAsInts();
    IntVector bits = finite.blend(magnitude.or(F32_INFINITY), special);
    IntVector sign = half.and(0x8000).lanewise(VectorOperators.LSHL, 16);
    return bits.or(sign).reinterpretAsFloats();
  }

  /** One element of a dtype that has no blocks. */
  static float element(DType dtype, MemorySegment source, long at, int i) {
    return switch (dtype) {
      case F32 -> source.get(FLOAT, at + 4L * i);
      case F16 -> Float.float16ToFloat(source.get(SHORT, at + 2L * i));
      case BF16 -> Float.intBitsToFloat(source.get(SHORT, at + 2L * i) << 16);
      default -> throw new IllegalArgumentException(dtype + " has no single elements");
    };
  }

  /** The F16 scale that starts a block. */
  static float scale(MemorySegment source, long at) {
    return Float.float16ToFloat(source.get(SHORT, at));
  }

  /** Values [i, i + lanes) of a Q8_0 block, not yet scaled. */
  static FloatVector q8(MemorySegment source, long block, int i) {
    if (Lanes.COUNT == 4) {
      return widen(bytes(source, block + 2 + (i & ~7)), i >> 2 & 1);
    }
    return widen(bytes(source, block + 2 + i), 0);
  }

  /** Values [i, i + lanes) of the first half of a Q4_0 block, not yet scaled: the low nibbles. */
  static FloatVector q4Low(MemorySegment source, long block, int i) {
    return widenNibbles(nibbleBytes(source, block, i).and((byte) 15), i);
  }

  /** Values 16 + [i, i + lanes) of a Q4_0 block, not yet scaled: the high nibbles. */
  static FloatVector q4High(MemorySegment source, long block, int i) {
    ByteVector packed = nibbleBytes(source, block, i);
    return widenNibbles(packed.lanewise(VectorOperators.LSHR, 4).and((byte) 15), i);
  }

  private static ByteVector nibbleBytes(MemorySegment source, long block, int i) {
    return bytes(source, block + 2 + (Lanes.COUNT == 4 ? i & ~7 : i));
  }

  private static FloatVector widenNibbles(ByteVector nibbles, int i) {
    return widen(nibbles.sub((byte) 8), Lanes.COUNT == 4 ? i >> 2 & 1 : 0);
  }

  private static ByteVector bytes(MemorySegment source, long at) {
    return ByteVector.fromMemorySegment(Lanes.BYTES, source, at, Lanes.ORDER);
  }

  private static FloatVector widen(ByteVector bytes, int part) {
    return (FloatVector) bytes.convertShape(VectorOperators.B2F, Lanes.FLOATS, part);
  }
}
