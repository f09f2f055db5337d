package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.Convert;
import dev.levin.core.op.Embed;
import dev.levin.core.op.Linear;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CpuBackendTest {
  private static CpuBackend open() {
    return CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.AUTO));
  }

  private static Add addOf(Tensor tensor) {
    return new Add(tensor, tensor, tensor, 1f);
  }

  /** Memory that is not this process's own. */
  private record ForeignBuffer(long byteSize) implements Buffer {
    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Test
  void isFoundByNameAndDescribesTheMachine() {
    try (Backend backend = Backends.open("cpu")) {
      assertEquals("cpu", backend.name());
      assertFalse(backend.device().name().isBlank());
      assertTrue(backend.device().properties().containsKey("kernels"));
    }
  }

  @Test
  void usesWeightsWhereTheyLie() {
    try (CpuBackend backend = open()) {
      Tensor weight = TestTensors.empty(2, 3);
      assertSame(weight, backend.importWeight(weight));
    }
  }

  @Test
  void countsLaunches() {
    try (CpuBackend backend = open()) {
      Add add = addOf(TestTensors.of(new float[] {1, 2, 3}, 1, 3));
      backend.launch(add, backend.stream());
      assertArrayEquals(new float[] {2, 4, 6}, TestTensors.values(add.out()));
      assertEquals(1, backend.counters().totals().get("Add").launches());
      assertEquals(6, backend.counters().totals().get("Add").flops());
    }
  }

  @Test
  void copiesInAndOut() {
    try (CpuBackend backend = open();
        Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(Host.FLOAT, 1f, 2f, 3f, 4f);
      MemorySegment target = arena.allocate(16);
      Tensor tensor = TestTensors.empty(2, 2);
      backend.upload(source, tensor, backend.stream());
      backend.download(tensor, target, backend.stream());
      assertEquals(-1, source.mismatch(target));
      Tensor row = tensor.slice(1, 0, 1);
      var strided =
          assertThrows(
              IllegalArgumentException.class, () -> backend.upload(source, row, backend.stream()));
      assertTrue(strided.getMessage().contains("contiguous"), strided.getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> backend.upload(source, tensor.slice(0, 0, 1), backend.stream()));
    }
  }

  @Test
  void refusesUseAfterClose() {
    CpuBackend backend = open();
    var stream = backend.stream();
    backend.close();
    backend.close();
    Add add = addOf(TestTensors.empty(1, 3));
    assertThrows(IllegalStateException.class, () -> backend.launch(add, stream));
    assertThrows(IllegalStateException.class, () -> backend.allocate(8));
    assertThrows(IllegalStateException.class, backend::stream);
    assertThrows(IllegalStateException.class, stream::synchronize);
  }

  @Test
  void refusesForeignAndClosedMemory() {
    try (CpuBackend backend = open()) {
      Tensor foreign = Tensor.of(DType.F32, Shape.of(1, 3), new ForeignBuffer(12), 0);
      Add add = addOf(foreign);
      var elsewhere =
          assertThrows(IllegalArgumentException.class, () -> backend.launch(add, backend.stream()));
      assertEquals("Add: x F32[1,3] does not live in host memory", elsewhere.getMessage());
      HostBuffer buffer = HostBuffer.allocate(12);
      Add late = addOf(Tensor.of(DType.F32, Shape.of(1, 3), buffer, 0));
      buffer.close();
      var closed =
          assertThrows(IllegalStateException.class, () -> backend.launch(late, backend.stream()));
      assertEquals("Add: the buffer of x F32[1,3] is closed", closed.getMessage());
    }
  }

  @Test
  void refusesTheStreamOfAnotherBackend() {
    try (CpuBackend backend = open();
        CpuBackend other = open()) {
      Add add = addOf(TestTensors.empty(1, 3));
      assertThrows(IllegalArgumentException.class, () -> backend.launch(add, other.stream()));
    }
  }

  @Test
  void namesIndicesOutOfRange() {
    try (CpuBackend backend = open()) {
      Embed embed =
          new Embed(TestTensors.empty(5, 4), TestTensors.ints(0, 5), TestTensors.empty(2, 4), 1f);
      var id =
          assertThrows(
              IllegalArgumentException.class, () -> backend.launch(embed, backend.stream()));
      assertEquals("Embed: ids[1] is 5, outside [0, 5)", id.getMessage());
      RaggedBatch batch = TestTensors.batch(4, new int[] {1}, new int[] {6}, new int[][] {{1, 7}});
      Tensor cache = TestTensors.empty(3, 1, 4, 8);
      Tensor q = TestTensors.empty(1, 1, 8);
      Attention attention =
          new Attention(
              q,
              cache,
              cache,
              TestTensors.empty(1, 1, 8),
              null,
              batch,
              1f,
              true,
              0,
              0f,
              null,
              null);
      var page =
          assertThrows(
              IllegalArgumentException.class, () -> backend.launch(attention, backend.stream()));
      assertEquals("Attention: pageTable[1] is 7, outside [0, 3)", page.getMessage());
      RopeAppend append =
          new RopeAppend(q, q, q, null, RopeStyle.HALF, 0, TestTensors.ints(12), cache, cache);
      assertThrows(IllegalArgumentException.class, () -> backend.launch(append, backend.stream()));
    }
  }

  @Test
  void saysWhatItCannotDo() {
    try (CpuBackend backend = open()) {
      Tensor x = TestTensors.empty(1, 256);
      Tensor weight = Tensor.allocateHost(DType.BOOL, 2, 256);
      Linear linear = new Linear(x, weight, null, null, TestTensors.empty(1, 2), 1f);
      assertFalse(backend.supports(linear).supported());
      Convert convert = new Convert(x, Tensor.allocateHost(DType.IQ1_S, 1, 256));
      assertFalse(backend.supports(convert).supported());
      var error =
          assertThrows(DeviceException.class, () -> backend.launch(convert, backend.stream()));
      assertEquals(DeviceException.Kind.UNSUPPORTED, error.kind());
      assertTrue(error.getMessage().startsWith("Convert: IQ1_S"), error.getMessage());
    }
  }

  @Test
  void takesEmptyBatches() {
    try (CpuBackend backend = open()) {
      Random random = new Random(1);
      Tensor weight = TestTensors.random(random, 3, 8);
      Linear linear =
          new Linear(TestTensors.empty(0, 8), weight, null, null, TestTensors.empty(0, 3), 1f);
      backend.launch(linear, backend.stream());
      backend.launch(addOf(TestTensors.empty(0, 8)), backend.stream());
    }
  }
}
