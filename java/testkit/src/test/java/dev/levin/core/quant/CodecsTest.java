package dev.levin.core.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every codec owes its callers, whatever its format. */
class CodecsTest {
  private static final long SEED = 42;
  private static final int BLOCKS = 5;
  private static final Set<DType> READ_ONLY =
      EnumSet.of(DType.U8, DType.I8, DType.I16, DType.I32, DType.I64, DType.IQ1_S, DType.IQ1_M);

  static List<DType> numeric() {
    return Arrays.stream(DType.values()).filter(dtype -> dtype != DType.BOOL).toList();
  }

  static List<DType> encodable() {
    return numeric().stream().filter(dtype -> !READ_ONLY.contains(dtype)).toList();
  }

  static List<DType> readOnly() {
    return List.copyOf(READ_ONLY);
  }

  @ParameterizedTest
  @MethodSource("numeric")
  void everyTypeHasItsCodec(DType dtype) {
    BlockCodec codec = Codecs.of(dtype);
    assertEquals(dtype, codec.dtype());
    assertSame(codec, Codecs.of(dtype));
    assertEquals(!READ_ONLY.contains(dtype), codec.canEncode());
  }

  @Test
  void boolHasNone() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Codecs.of(DType.BOOL));
    assertTrue(e.getMessage().startsWith("BOOL has no codec"), e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("numeric")
  void decodesTheSameInPartsAtOddOffsetsAndFromNativeMemory(DType dtype) {
    BlockCodec codec = Codecs.of(dtype);
    int count = BLOCKS * dtype.blockValues();
    byte[] blocks = new byte[BLOCKS * dtype.blockBytes()];
    new Random(SEED).nextBytes(blocks);
    float[] whole = new float[count];
    codec.decode(MemorySegment.ofArray(blocks), 0, whole, 0, count);

    int first = 2 * dtype.blockValues();
    try (Arena arena = Arena.ofConfined()) {
      for (int shift : new int[] {1, 3, 8}) {
        byte[] shifted = new byte[shift + blocks.length];
        System.arraycopy(blocks, 0, shifted, shift, blocks.length);
        MemorySegment outside = arena.allocate(shifted.length).copyFrom(heap(shifted));
        for (MemorySegment source : List.of(heap(shifted), outside)) {
          float[] parts = new float[count + 2];
          parts[0] = 7;
          parts[count + 1] = 7;
          long middle = shift + dtype.rowBytes(first);
          codec.decode(source, shift, parts, 1, first);
          codec.decode(source, middle, parts, 1 + first, count - first);
          assertArrayEquals(bits(whole), bits(Arrays.copyOfRange(parts, 1, count + 1)), "seed 42");
          assertEquals(7, parts[0]);
          assertEquals(7, parts[count + 1]);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("encodable")
  void encodesTheSameInPartsAtOddOffsetsAndToNativeMemory(DType dtype) {
    BlockCodec codec = Codecs.of(dtype);
    int count = BLOCKS * dtype.blockValues();
    float[] values = gaussian(count);
    byte[] whole = new byte[BLOCKS * dtype.blockBytes()];
    codec.encode(values, 0, heap(whole), 0, count);

    float[] shiftedValues = new float[count + 1];
    System.arraycopy(values, 0, shiftedValues, 1, count);
    int first = 3 * dtype.blockValues();
    long middle = 3 + dtype.rowBytes(first);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(whole.length + 4).fill((byte) 0x55);
      codec.encode(shiftedValues, 1, target, 3, first);
      codec.encode(shiftedValues, 1 + first, target, middle, count - first);
      MemorySegment written = target.asSlice(3, whole.length);
      assertArrayEquals(whole, written.toArray(LittleEndian.BYTE), "seed 42");
      assertEquals(0x55, LittleEndian.unsignedByte(target, 2));
      assertEquals(0x55, LittleEndian.unsignedByte(target, whole.length + 3));
    }
  }

  @ParameterizedTest
  @MethodSource("encodable")
  void importanceIsReadFromItsOffsetAndNullIsNone(DType dtype) {
    BlockCodec codec = Codecs.of(dtype);
    int count = BLOCKS * dtype.blockValues();
    float[] values = gaussian(count);
    float[] importance = new float[count + 3];
    Arrays.fill(importance, 0, 3, Float.NaN);
    for (int i = 0; i < count; i++) {
      importance[i + 3] = Math.abs(values[(i + 7) % count]);
    }
    byte[] whole = new byte[BLOCKS * dtype.blockBytes()];
    codec.encode(values, 0, importance, 3, heap(whole), 0, count);
    byte[] parts = new byte[whole.length];
    int first = 2 * dtype.blockValues();
    int rest = count - first;
    codec.encode(values, 0, importance, 3, heap(parts), 0, first);
    codec.encode(values, first, importance, 3 + first, heap(parts), 2L * dtype.blockBytes(), rest);
    assertArrayEquals(whole, parts, "seed 42");

    byte[] plain = new byte[whole.length];
    codec.encode(values, 0, heap(plain), 0, count);
    codec.encode(values, 0, null, 0, heap(parts), 0, count);
    assertArrayEquals(plain, parts, "seed 42");
  }

  @ParameterizedTest
  @MethodSource("encodable")
  void importanceThatCannotBeIsRefused(DType dtype) {
    int count = dtype.blockValues();
    MemorySegment target = heap(new byte[dtype.blockBytes()]);
    for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] importance = new float[count];
      importance[count - 1] = bad;
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      Codecs.of(dtype).encode(new float[count], 0, importance, 0, target, 0, count))
              .getMessage();
      assertTrue(message.startsWith(dtype + ": importance " + (count - 1) + " is "), message);
    }
    assertNames(
        dtype,
        count,
        () -> Codecs.of(dtype).encode(new float[count], 0, new float[count], 1, target, 0, count));
  }

  @ParameterizedTest
  @MethodSource("encodable")
  void decodedZerosAreZeros(DType dtype) {
    int count = 2 * dtype.blockValues();
    byte[] blocks = new byte[2 * dtype.blockBytes()];
    Arrays.fill(blocks, (byte) 0x55);
    float[] decoded = new float[count];
    Codecs.of(dtype).encode(new float[count], 0, heap(blocks), 0, count);
    Codecs.of(dtype).decode(heap(blocks), 0, decoded, 0, count);
    for (float value : decoded) {
      assertEquals(0f, Math.abs(value));
    }
  }

  /** A block's own contents decide its bytes: an infinite neighbour must not. */
  @ParameterizedTest
  @MethodSource("encodable")
  void valuesThatAreNotFiniteStayInTheirBlock(DType dtype) {
    int block = dtype.blockValues();
    float[] values = gaussian(2 * block);
    byte[] clean = new byte[2 * dtype.blockBytes()];
    Codecs.of(dtype).encode(values, 0, heap(clean), 0, 2 * block);
    for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1 / 0f}) {
      values[block / 2] = special;
      byte[] spoiled = new byte[clean.length];
      Codecs.of(dtype).encode(values, 0, heap(spoiled), 0, 2 * block);
      assertArrayEquals(
          Arrays.copyOfRange(clean, dtype.blockBytes(), clean.length),
          Arrays.copyOfRange(spoiled, dtype.blockBytes(), clean.length));
    }
  }

  @ParameterizedTest
  @MethodSource("readOnly")
  void readOnlyTypesSaySo(DType dtype) {
    int count = dtype.blockValues();
    MemorySegment target = heap(new byte[dtype.blockBytes()]);
    UnsupportedOperationException e =
        assertThrows(
            UnsupportedOperationException.class,
            () -> Codecs.of(dtype).encode(new float[count], 0, target, 0, count));
    assertThrows(
        UnsupportedOperationException.class,
        () -> Codecs.of(dtype).encode(new float[count], 0, new float[count], 0, target, 0, count));
    assertEquals(dtype + " can be decoded but not encoded", e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("numeric")
  void rangesThatDoNotFitNameTypeAndCount(DType dtype) {
    int block = dtype.blockValues();
    int bytes = dtype.blockBytes();
    assertRefused(dtype, bytes, 0, block, 0, -block);
    assertRefused(dtype, bytes, 0, block, 0, 2 * block);
    assertRefused(dtype, 2 * bytes, 0, block, 0, 2 * block);
    assertRefused(dtype, bytes, 1, block, 0, block);
    assertRefused(dtype, bytes, -1, block, 0, block);
    assertRefused(dtype, bytes, Long.MAX_VALUE, block, 0, block);
    assertRefused(dtype, bytes, 0, block, 1, block);
    assertRefused(dtype, bytes, 0, block, -1, block);
    if (block > 1) {
      assertRefused(dtype, 2 * bytes, 0, 2 * block, 0, block + 1);
    }
    Codecs.of(dtype).decode(heap(new byte[0]), 0, new float[0], 0, 0);
  }

  private static void assertRefused(
      DType dtype, int bytes, long sourceOffset, int values, int targetOffset, int count) {
    BlockCodec codec = Codecs.of(dtype);
    MemorySegment source = heap(new byte[bytes]);
    float[] target = new float[values];
    assertNames(
        dtype, count, () -> codec.decode(source, sourceOffset, target, targetOffset, count));
    if (codec.canEncode()) {
      assertNames(
          dtype, count, () -> codec.encode(target, targetOffset, source, sourceOffset, count));
    }
  }

  private static void assertNames(DType dtype, int count, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.startsWith(dtype + ": count " + count + " "), message);
  }

  static float[] gaussian(int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static MemorySegment heap(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }
}
