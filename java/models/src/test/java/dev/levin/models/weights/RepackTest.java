package dev.levin.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepackTest {
  private static Tensor counting(long... dims) {
    Tensor tensor = Tensor.allocateHost(DType.F32, dims);
    MemorySegment segment = HostBuffer.segmentOf(tensor);
    for (int i = 0; i < tensor.shape().elements(); i++) {
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
    }
    return tensor;
  }

  private static float[] values(Tensor tensor) {
    return HostVectors.floats(tensor, Math.toIntExact(tensor.shape().elements()));
  }

  @Test
  void transposeSwapsTheLastTwoDimensions() {
    Tensor transposed = Repack.transpose(counting(2, 2, 3));
    assertEquals(Shape.of(2, 3, 2), transposed.shape());
    assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}, values(transposed));
  }

  @Test
  void everySecondRowIsAView() {
    Tensor source = counting(2, 4, 2);
    Tensor odd = Repack.everySecondRow(source, 1);
    assertSame(source.buffer(), odd.buffer());
    MemorySegment segment = HostBuffer.segmentOf(odd);
    assertEquals(2f, segment.get(ValueLayout.JAVA_FLOAT, odd.offset(0, 0)));
    assertEquals(6f, segment.get(ValueLayout.JAVA_FLOAT, odd.offset(0, 1)));
    assertEquals(14f, segment.get(ValueLayout.JAVA_FLOAT, odd.offset(1, 1)));
  }

  @Test
  void mxfp4NeighboursMoveHalfABlockApart() {
    Tensor blocks = Tensor.allocateHost(DType.U8, 1, 1, 1, 16);
    Tensor scales = Tensor.allocateHost(DType.U8, 1, 1, 1);
    MemorySegment nibbles = HostBuffer.segmentOf(blocks);
    float[] levels = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    float[] expected = new float[32];
    for (int i = 0; i < 16; i++) {
      int low = i % 8;
      int high = (i + 3) % 8;
      nibbles.set(ValueLayout.JAVA_BYTE, i, (byte) (low | high << 4));
      expected[2 * i] = 2 * levels[low];
      expected[2 * i + 1] = 2 * levels[high];
    }
    HostBuffer.segmentOf(scales).set(ValueLayout.JAVA_BYTE, 0, (byte) 128);
    Tensor packed = Repack.mxfp4(blocks, scales);
    assertEquals(Shape.of(1, 1, 32), packed.shape());
    assertArrayEquals(expected, values(packed));
  }

  @Test
  void evenlySpacedMatricesStackWithoutACopy() {
    Tensor source = counting(6, 2, 2);
    Tensor stack = Repack.stack(List.of(source.select(0), source.select(2), source.select(4)));
    assertSame(source.buffer(), stack.buffer());
    assertEquals(Shape.of(3, 2, 2), stack.shape());
    assertEquals(source.select(4).offset(1), stack.offset(2, 1));
  }

  @Test
  void scatteredMatricesAreCopied() {
    Tensor source = counting(6, 2, 2);
    Tensor stack = Repack.stack(List.of(source.select(3), source.select(0), source.select(4)));
    assertNotSame(source.buffer(), stack.buffer());
    assertArrayEquals(new float[] {12, 13, 14, 15, 0, 1, 2, 3, 16, 17, 18, 19}, values(stack));
  }
}
