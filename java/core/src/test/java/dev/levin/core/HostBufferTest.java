package dev.levin.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class HostBufferTest {
  @Test
  void memoryIsZeroedAndAligned() {
    try (HostBuffer buffer = HostBuffer.allocate(1001)) {
      assertEquals(1001, buffer.byteSize());
      assertEquals(0, buffer.segment().address() % HostBuffer.ALIGNMENT_BYTES);
      assertTrue(buffer.segment().isNative());
      for (byte value : buffer.segment().toArray(ValueLayout.JAVA_BYTE)) {
        assertEquals(0, value);
      }
    }
  }

  @Test
  void closingTwiceDoesNothing() {
    HostBuffer buffer = HostBuffer.allocate(16);
    assertTrue(buffer.isOpen());
    buffer.close();
    buffer.close();
    assertFalse(buffer.isOpen());
  }

  @Test
  void useAfterCloseIsAnError() {
    Tensor tensor = Tensor.allocateHost(DType.F32, 4);
    MemorySegment segment = HostBuffer.segmentOf(tensor);
    tensor.buffer().close();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> HostBuffer.segmentOf(tensor));
    assertEquals("host buffer is closed", e.getMessage());
    assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void anEmptyBufferIsABuffer() {
    try (HostBuffer buffer = HostBuffer.allocate(0)) {
      assertEquals(0, buffer.segment().byteSize());
    }
  }

  @Test
  void wrappedMemoryBelongsToItsArena() {
    HostBuffer buffer;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocate(8);
      segment.set(ValueLayout.JAVA_BYTE, 3, (byte) 7);
      buffer = HostBuffer.wrap(segment, arena);
      buffer.close();
      assertTrue(buffer.isOpen());
      assertEquals(7, buffer.segment().get(ValueLayout.JAVA_BYTE, 3));
    }
    assertFalse(buffer.isOpen());
    assertThrows(IllegalStateException.class, buffer::segment);
  }

  @Test
  void heapSegmentsAreRefused() {
    MemorySegment heap = MemorySegment.ofArray(new byte[8]);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> HostBuffer.wrap(heap, Arena.global()));
    assertEquals("a host buffer needs an off-heap segment", e.getMessage());
  }

  @Test
  void impossibleSizesAreErrors() {
    DeviceException e =
        assertThrows(DeviceException.class, () -> HostBuffer.allocate(Long.MAX_VALUE / 2));
    assertEquals(DeviceException.Kind.OUT_OF_MEMORY, e.kind());
    assertThrows(IllegalArgumentException.class, () -> HostBuffer.allocate(-1));
  }
}
