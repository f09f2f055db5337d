package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.INTS;
import static dev.levin.cpu.vector.Lanes.ORDER;

import dev.levin.core.DType;
import dev.levin.core.quant.SmallFloats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Encoded values in memory as vectors of floats, bit for bit as the codecs decode them. */
final class Widen {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  private static final VarHandle INT_OF_BYTES =
      MethodHandles.byteArrayViewVarHandle(int[].class, ORDER);

  /** Moves an F16 exponent to that of an F32: 2^(127 - 15). */
  static final float F16_REBIAS = 0x1p112f;

  /** The least magnitude that is no number, as bits. */
  static final short F16_INFINITY = 0x7c00;

  /** Moves an E4M3 exponent to that of an F32: 2^(127 - 7). */
  private static final float E4M3_REBIAS = 0x1p120f;

  /** What the exponents of F16 infinities and NaNs would be as numbers. */
  private static final float F16_OVERFLOW = 0x1p16f;

  private static final float E4M3_LARGEST = 448;
  private static final int F32_INFINITY = 0x7f800000;
  private static final int F32_NAN = 0x7fc00000;

  /** A sign, and below it an exponent and mantissa of which 28 bits are left. */
  private static final int SIGN_AND_SMALL_MAGNITUDE = 0x8fffffff;

  /** Brings byte i of a word to the front in lane i; no vector holds just four bytes. */
  private static final IntVector BYTE_SHIFTS = Lanes.iota().and(3).mul(8);

  private Widen() {}

  static FloatVector f32(MemorySegment source, long at) {
    return FloatVector.fromMemorySegment(Lanes.FLOATS, source, at, ORDER);
  }

  static ShortVector shorts(MemorySegment source, long at) {
    return ShortVector.fromMemorySegment(Lanes.SHORTS, source, at, ORDER);
  }

  static FloatVector bf16(MemorySegment source, long at) {
    IntVector bits =
        (IntVector) shorts(source, at).convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
    return bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  static FloatVector f16(MemorySegment source, long at) {
    IntVector half = (IntVector) shorts(source, at).convertShape(VectorOperators.S2I, INTS, 0);
    return half(half.lanewise(VectorOperators.LSHL, 13));
  }

  /** Halves that are neither infinite nor NaN, over {@link #F16_REBIAS}. */
  static FloatVector smallHalf(ShortVector half) {
    IntVector extended = (IntVector) half.convertShape(VectorOperators.S2I, INTS, 0);
    return small(extended.lanewise(VectorOperators.LSHL, 13));
  }

  private static FloatVector small(IntVector extended) {
    return extended.and(SIGN_AND_SMALL_MAGNITUDE).reinterpretAsFloats();
  }

  static FloatVector e5m2(MemorySegment source, long at) {
    return half(signedBytes(source, at).lanewise(VectorOperators.LSHL, 21));
  }

  /**
   * The multiplication makes subnormals normal; infinities and NaN get their exponent set.
   *
   * @param extended an F16 at bit 13, above it only copies of its sign
   */
  private static FloatVector half(IntVector extended) {
    FloatVector finite = small(extended).mul(F16_REBIAS);
    VectorMask<Float> special = finite.abs().compare(VectorOperators.GE, F16_OVERFLOW);
    FloatVector infinite = finite.reinterpretAsInts().or(F32_INFINITY).reinterpretAsFloats();
    return finite.blend(infinite, special);
  }

  static FloatVector e4m3(MemorySegment source, long at) {
    IntVector extended = signedBytes(source, at).lanewise(VectorOperators.LSHL, 20);
    IntVector bits = extended.and(0x87ffffff);
    FloatVector finite = bits.reinterpretAsFloats().mul(E4M3_REBIAS);
    VectorMask<Float> special = finite.abs().compare(VectorOperators.GT, E4M3_LARGEST);
    FloatVector nan = finite.reinterpretAsInts().or(F32_NAN).reinterpretAsFloats();
    return finite.blend(nan, special);
  }

  /** One element of a dtype that has no blocks. */
  static float element(DType dtype, MemorySegment source, long at, int i) {
    return switch (dtype) {
      case F32 -> source.get(FLOAT, at + 4L * i);
      case F16 -> half(source, at + 2L * i);
      case BF16 -> SmallFloats.bf16ToFloat(source.get(SHORT, at + 2L * i));
      case F8_E4M3 -> SmallFloats.e4m3ToFloat(source.get(ValueLayout.JAVA_BYTE, at + i));
      case F8_E5M2 -> SmallFloats.e5m2ToFloat(source.get(ValueLayout.JAVA_BYTE, at + i));
      default -> throw new IllegalArgumentException(dtype + " has no single elements");
    };
  }

  /** The F16 at a byte offset, where blocks keep their scales. */
  static float half(MemorySegment source, long at) {
    return Float.float16ToFloat(source.get(SHORT, at));
  }

  static int unsignedByte(MemorySegment source, long at) {
    return source.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  static int unsignedShort(MemorySegment source, long at) {
    return source.get(SHORT, at) & 0xffff;
  }

  static int word(MemorySegment source, long at) {
    return source.get(INT, at);
  }

  static long doubleWord(MemorySegment source, long at) {
    return source.get(LONG, at);
  }

  private static ByteVector bytes(MemorySegment source, long at) {
    return ByteVector.fromMemorySegment(Lanes.BYTES, source, at, ORDER);
  }

  /** As many bytes as there are lanes, each an int from -128 to 127. */
  static IntVector signedBytes(MemorySegment source, long at) {
    if (COUNT == 4) {
      IntVector shifted = fourBytes(source, at).lanewise(VectorOperators.LSHL, 24);
      return shifted.lanewise(VectorOperators.ASHR, 24);
    }
    return (IntVector) bytes(source, at).convertShape(VectorOperators.B2I, INTS, 0);
  }

  /** As many bytes as there are lanes, each an int from 0 to 255. */
  static IntVector unsignedBytes(MemorySegment source, long at) {
    if (COUNT == 4) {
      return fourBytes(source, at).and(0xff);
    }
    return (IntVector) bytes(source, at).convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
  }

  /** As many signed bytes as there are lanes. */
  static FloatVector codes(byte[] source, int at) {
    if (COUNT == 4) {
      IntVector word = IntVector.broadcast(INTS, (int) INT_OF_BYTES.get(source, at));
      IntVector shifted = word.lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
      shifted = shifted.lanewise(VectorOperators.LSHL, 24);
      return toFloats(shifted.lanewise(VectorOperators.ASHR, 24));
    }
    return toFloats(ByteVector.fromArray(Lanes.BYTES, source, at));
  }

  /**
   * As many bytes as there are lanes, each shifted to the right and masked: many at once, so {@code
   * mask} keeps no bit that comes from the byte above.
   */
  static ByteVector shiftedBytes(MemorySegment source, long at, int right, int mask) {
    ByteVector bytes =
        COUNT == 16
            ? longs(source, at).lanewise(VectorOperators.LSHR, right).reinterpretAsBytes()
            : words(source, at).lanewise(VectorOperators.LSHR, right).reinterpretAsBytes();
    return bytes.and((byte) mask);
  }

  /** As {@link #shiftedBytes}, to the left, or to the right where {@code left} is negative. */
  static ByteVector rotatedBytes(MemorySegment source, long at, int left, int mask) {
    ByteVector bytes =
        COUNT == 16
            ? longs(source, at).lanewise(VectorOperators.ROL, left).reinterpretAsBytes()
            : words(source, at).lanewise(VectorOperators.ROL, left).reinterpretAsBytes();
    return bytes.and((byte) mask);
  }

  /**
   * Sixteen bytes. No ints, of which vectors of 512 bits are in use where this is: C2 profiles the
   * methods of a vector class once for all callers, and where it met two widths the larger kernels
   * outgrow what it inlines.
   */
  private static LongVector longs(MemorySegment source, long at) {
    return LongVector.fromMemorySegment(LongVector.SPECIES_128, source, at, ORDER);
  }

  private static IntVector words(MemorySegment source, long at) {
    if (COUNT == 4) {
      return IntVector.broadcast(Lanes.WORDS, source.get(INT, at));
    }
    return IntVector.fromMemorySegment(Lanes.WORDS, source, at, ORDER);
  }

  /** The bytes less what stands for zero, as signed numbers. */
  static FloatVector codes(ByteVector bytes, int zero) {
    return toFloats(bytes.sub((byte) zero));
  }

  /** The bytes as numbers. */
  static FloatVector codes(ByteVector bytes) {
    return toFloats(bytes);
  }

  private static FloatVector toFloats(ByteVector bytes) {
    return (FloatVector) bytes.convertShape(VectorOperators.B2F, Lanes.FLOATS, 0);
  }

  /** Byte i in the low bits of lane i, with other bytes above it. */
  private static IntVector fourBytes(MemorySegment source, long at) {
    return IntVector.broadcast(INTS, source.get(INT, at))
        .lanewise(VectorOperators.LSHR, BYTE_SHIFTS);
  }

  static FloatVector toFloats(IntVector values) {
    return (FloatVector) values.convertShape(VectorOperators.I2F, Lanes.FLOATS, 0);
  }

  /** {@code scale * q + offset}; products of scales and codes are exact, so nothing is fused. */
  static FloatVector affine(IntVector q, float scale, float offset) {
    return toFloats(q)
        .fma(
            FloatVector.broadcast(Lanes.FLOATS, scale),
            FloatVector.broadcast(Lanes.FLOATS, offset));
  }

  /** {@code scale * q}. */
  static FloatVector scaled(IntVector q, float scale) {
    return toFloats(q).mul(scale);
  }
}
