package dev.levin.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TensorTest {
  /** A buffer with a size and no memory: views only compute offsets. */
  private record Sized(long byteSize) implements Buffer {
    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static Tensor f32(long... dims) {
    return Tensor.of(DType.F32, Shape.of(dims), new Sized(1 << 20), 0);
  }

  private static String refusal(Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }

  @Test
  void contiguousTensorsHaveRowMajorStrides() {
    Tensor tensor = Tensor.of(DType.F32, Shape.of(2, 3, 4), new Sized(200), 8);
    assertEquals(48, tensor.stride(0));
    assertEquals(16, tensor.stride(1));
    assertEquals(8 + 48, tensor.offset(1));
    assertEquals(8 + 48 + 32, tensor.offset(1, 2));
    assertEquals(16, tensor.rowBytes());
    assertEquals(96, tensor.byteSize());
    assertTrue(tensor.isContiguous());
    assertEquals("F32[2,3,4]", tensor.toString());
  }

  @Test
  void hostTensorsAreZeros() {
    Tensor tensor = Tensor.allocateHost(DType.Q8_0, 3, 64);
    try (Buffer buffer = tensor.buffer()) {
      assertEquals(3 * 68, buffer.byteSize());
      for (byte value : HostBuffer.segmentOf(tensor).toArray(ValueLayout.JAVA_BYTE)) {
        assertEquals(0, value);
      }
    }
  }

  @Test
  void tensorsBeyondTheirBufferAreRefused() {
    Sized buffer = new Sized(64);
    Tensor.of(DType.F32, Shape.of(4, 4), buffer, 0);
    assertEquals(
        "F32[4,4] at byte 4 ends at 68, beyond the buffer of 64 bytes",
        refusal(() -> Tensor.of(DType.F32, Shape.of(4, 4), buffer, 4)));
    assertEquals(
        "F32[4,4] starts at byte -4, before the buffer",
        refusal(() -> Tensor.of(DType.F32, Shape.of(4, 4), buffer, -4)));
  }

  @Test
  void tensorsWithoutElementsFitAnywhere() {
    Tensor tensor = Tensor.of(DType.F32, Shape.of(0, 1000), new Sized(0), 0);
    assertEquals(0, tensor.byteSize());
    assertEquals(0, Tensor.of(DType.F32, Shape.of(5, 0), new Sized(0), 0).byteSize());
  }

  @Test
  void lastDimensionsHoldWholeBlocks() {
    assertEquals(
        "last dimension of Q4_0[2,33] is not a multiple of 32, the block size of Q4_0",
        refusal(() -> Tensor.of(DType.Q4_0, Shape.of(2, 33), new Sized(1000), 0)));
  }

  @Test
  void sizesThatOverflowAreRefused() {
    Sized buffer = new Sized(64);
    assertEquals(
        "F32[1099511627776,1099511627776] has more bytes than 64 bits can count",
        refusal(() -> Tensor.of(DType.F32, Shape.of(1L << 40, 1L << 40), buffer, 0)));
    assertTrue(
        refusal(() -> Tensor.of(DType.F64, Shape.of(1L << 61), buffer, 0)).contains("64 bits"));
    assertTrue(
        refusal(() -> Tensor.of(DType.I8, Shape.of(60), buffer, Long.MAX_VALUE))
            .contains("64 bits"));
    assertTrue(
        refusal(() -> Tensor.strided(DType.I8, Shape.of(1L << 40, 4), buffer, 0, 1L << 40))
            .contains("64 bits"));
  }

  @Test
  void stridedTensorsAreCheckedAtTheirLastRow() {
    Sized buffer = new Sized(100);
    Tensor rows = Tensor.strided(DType.F32, Shape.of(3, 5), buffer, 0, 40);
    assertEquals(80, rows.offset(2));
    assertFalse(rows.isContiguous());
    assertEquals("F32[3,5]strided", rows.toString());
    assertEquals(60, rows.byteSize());
    assertEquals(
        "F32[3,5] at byte 0 ends at 104, beyond the buffer of 100 bytes",
        refusal(() -> Tensor.strided(DType.F32, Shape.of(3, 5), buffer, 0, 42)));
    assertEquals(
        "F32[3,5] has a negative stride, -20",
        refusal(() -> Tensor.strided(DType.F32, Shape.of(3, 5), buffer, 40, -20)));
    assertEquals(
        "need one stride per dimension but the last of [3,5]",
        refusal(() -> Tensor.strided(DType.F32, Shape.of(3, 5), buffer, 0, 20, 4)));
  }

  @Test
  void strideZeroRepeatsARow() {
    Tensor repeated = Tensor.strided(DType.F32, Shape.of(9, 5), new Sized(20), 0, 0);
    assertEquals(0, repeated.offset(8));
    assertFalse(repeated.isContiguous());
  }

  @Test
  void stridesOfSingleRowsDoNotMatter() {
    Tensor one = Tensor.strided(DType.F32, Shape.of(1, 5), new Sized(20), 0, 4096);
    assertTrue(one.isContiguous());
  }

  @Test
  void slicesShareMemory() {
    Tensor tensor = f32(4, 6, 8);
    Tensor middle = tensor.slice(1, 2, 5);
    assertEquals(Shape.of(4, 3, 8), middle.shape());
    assertEquals(tensor.offset(3, 4), middle.offset(3, 2));
    assertFalse(middle.isContiguous());
    assertSame(tensor.buffer(), middle.buffer());
    assertTrue(tensor.slice(0, 1, 3).isContiguous());
    assertEquals(tensor.offset(1, 1) + 12, tensor.slice(2, 3, 8).offset(1, 1));
    assertEquals(0, tensor.slice(0, 4, 4).byteSize());
  }

  @Test
  void slicesOfTheLastDimensionKeepBlocksWhole() {
    Tensor tensor = Tensor.of(DType.Q4_0, Shape.of(3, 96), new Sized(1000), 2);
    assertEquals(2 + 54 + 18, tensor.slice(1, 32, 96).offset(1));
    assertEquals("slice at 16 cuts a block of Q4_0", refusal(() -> tensor.slice(1, 16, 64)));
    assertTrue(refusal(() -> tensor.slice(1, 32, 80)).contains("not a multiple of 32"));
  }

  @Test
  void slicesOutsideTheShapeAreRefused() {
    Tensor tensor = f32(4, 6);
    assertEquals(
        "range [2,7) of dimension 1 is outside [4,6]", refusal(() -> tensor.slice(1, 2, 7)));
    refusal(() -> tensor.slice(0, -1, 2));
    refusal(() -> tensor.slice(0, 3, 2));
  }

  @Test
  void splitLastWorksOnStridedTensors() {
    Tensor columns = f32(4, 24).slice(1, 8, 20);
    Tensor heads = columns.splitLast(3, 4);
    assertEquals(Shape.of(4, 3, 4), heads.shape());
    assertEquals(columns.offset(2) + 16, heads.offset(2, 1));
    assertEquals(
        "cannot split the last dimension of F32[4,12]strided into 5 x 3",
        refusal(() -> columns.splitLast(5, 3)));
    Tensor blocks = Tensor.of(DType.Q8_0, Shape.of(2, 64), new Sized(200), 0);
    assertEquals(34, blocks.splitLast(2, 32).stride(1));
    refusal(() -> blocks.splitLast(4, 16));
  }

  @Test
  void selectDropsTheFirstDimension() {
    Tensor tensor = f32(4, 6, 8);
    Tensor third = tensor.select(2);
    assertEquals(Shape.of(6, 8), third.shape());
    assertEquals(tensor.offset(2), third.offset());
    assertEquals(tensor.slice(1, 1, 3).offset(2, 1), tensor.slice(1, 1, 3).select(2).offset(1));
    assertEquals("no element 4 in F32[4,6,8]", refusal(() -> tensor.select(4)));
    refusal(() -> tensor.select(-1));
    refusal(() -> f32(4).select(0));
  }

  @Test
  void reshapeNeedsContiguousElements() {
    Tensor tensor = f32(4, 6);
    assertEquals(Shape.of(2, 12), tensor.reshape(2, 12).shape());
    assertEquals("cannot view F32[4,6] as [5,5]", refusal(() -> tensor.reshape(5, 5)));
    assertEquals(
        "cannot view F32[4,3]strided as [12]", refusal(() -> tensor.slice(1, 0, 3).reshape(12)));
    Tensor blocks = Tensor.of(DType.Q8_0, Shape.of(2, 64), new Sized(200), 0);
    assertEquals(Shape.of(4, 32), blocks.reshape(4, 32).shape());
    assertTrue(refusal(() -> blocks.reshape(8, 16)).contains("not a multiple of 32"));
  }
}
