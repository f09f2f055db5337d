package dev.levin.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Availability;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.op.Add;
import dev.levin.core.op.Convert;
import dev.levin.core.op.Embed;
import dev.levin.core.op.Linear;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("cuda")
class CudaBackendTest {
  private static Tensor upload(CudaBackend backend, float[] values, long... dims) {
    Buffer buffer = backend.allocate(4L * values.length);
    Tensor tensor = Tensor.of(DType.F32, Shape.of(dims), buffer, 0);
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
    return tensor;
  }

  private static float[] download(CudaBackend backend, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    backend.download(tensor, MemorySegment.ofArray(values), backend.stream());
    return values;
  }

  private static CudaBackend open() {
    return CudaBackend.open(CudaTests.device());
  }

  /** The tests run on the emulation, which must never be chosen by itself. */
  @Test
  void describesTheDevice() {
    DeviceInfo device = CudaTests.device();
    assertFalse(device.name().isBlank());
    assertTrue(device.memoryBytes() > 0);
    assertTrue(device.properties().get("architecture").startsWith("sm_"), device.toString());
    assertTrue(device.properties().containsKey("driver"), device.toString());
    Availability availability = new CudaBackendProvider().probe();
    int score = device.properties().containsKey("emulated") ? 0 : 100;
    assertEquals(new Availability.Ready(score), availability);
  }

  @Test
  void choosesDevicesByIndexAndName() {
    DeviceInfo first = new DeviceInfo(0, "NVIDIA A100", 1, Map.of());
    DeviceInfo second = new DeviceInfo(1, "NVIDIA H200", 1, Map.of());
    List<DeviceInfo> devices = List.of(first, second);
    assertEquals(devices, CudaDevice.chosenFirst(devices, ""));
    assertEquals(List.of(second, first), CudaDevice.chosenFirst(devices, "1"));
    assertEquals(List.of(second, first), CudaDevice.chosenFirst(devices, "h200"));
    var unknown =
        assertThrows(
            IllegalArgumentException.class, () -> CudaDevice.chosenFirst(devices, "abacus"));
    assertEquals(
        "levin.cuda.device is 'abacus', the devices are 0 'NVIDIA A100', 1 'NVIDIA H200'",
        unknown.getMessage());
  }

  @Test
  void sharesOfMemoryLeaveWhatOthersUse() {
    assertEquals(90, MemoryShare.left(0.9, 100, 100));
    assertEquals(40, MemoryShare.left(0.9, 50, 100));
    assertEquals(0, MemoryShare.left(0.5, 40, 100));
  }

  @Test
  void knowsWhatIsAvailable() {
    try (CudaBackend backend = open()) {
      long before = backend.availableBytes().getAsLong();
      assertTrue(before > 0 && before < backend.device().memoryBytes());
      Buffer buffer = backend.allocate(1 << 24);
      assertTrue(backend.availableBytes().getAsLong() <= before - (1 << 24));
      buffer.close();
      backend.stream().synchronize();
    }
  }

  @Test
  void closesWhatIsLeftOpen() {
    CudaBackend backend = open();
    Tensor x = upload(backend, new float[] {1, 2, 3}, 1, 3);
    backend.launch(new Add(x, x, x, 1), backend.stream());
    assertArrayEquals(new float[] {2, 4, 6}, download(backend, x));
    assertEquals(12, backend.usedBytes());
    backend.close();
    assertFalse(x.buffer().isOpen());
  }

  /**
   * JavaCPP counts what it frees itself, and fails when that is too much: it has nothing to count.
   */
  @Test
  void leavesNothingToJavaCpp() {
    try (CudaBackend backend = open()) {
      Tensor x = upload(backend, new float[] {1, 2, 3}, 1, 3);
      backend.launch(new Add(x, x, x, 1), backend.stream());
      backend.prepare(List.of(new Add(x, x, x, 1))).run(backend.stream());
      backend.stream().synchronize();
      assertEquals(0, Pointer.totalBytes());
      assertEquals(0, Pointer.totalCount());
    }
  }

  @Test
  void saysWhatWasAskedWhenMemoryIsShort() {
    try (CudaBackend backend = open()) {
      long tooMuch = Long.MAX_VALUE / 2;
      var error = assertThrows(DeviceException.class, () -> backend.allocate(tooMuch));
      assertEquals(DeviceException.Kind.OUT_OF_MEMORY, error.kind());
      assertTrue(error.getMessage().contains(Long.toString(tooMuch)), error.getMessage());
      assertTrue(error.getMessage().contains("are free"), error.getMessage());
      assertEquals(0, backend.usedBytes());
      assertThrows(IllegalArgumentException.class, () -> backend.allocate(-1));
    }
  }

  @Test
  void packsStridedWeights() {
    try (CudaBackend backend = open();
        HostBuffer buffer = HostBuffer.allocate(6 * 4)) {
      for (int i = 0; i < 6; i++) {
        buffer.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      Tensor all = Tensor.of(DType.F32, Shape.of(2, 3), buffer, 0);
      Tensor imported = backend.importWeight(all.slice(1, 1, 3));
      assertTrue(imported.isContiguous());
      assertArrayEquals(new float[] {1, 2, 4, 5}, download(backend, imported));
    }
  }

  /** More than all pinned buffers hold, so that each is filled again while copies are queued. */
  @Test
  void copiesMoreThanTheStagingHolds() {
    try (CudaBackend backend = open()) {
      float[] values = new float[(20 << 20) / Float.BYTES + 3];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      assertArrayEquals(values, download(backend, upload(backend, values, 1, values.length)));
    }
  }

  /** The source may change as soon as the upload returns, although nothing has been copied yet. */
  @Test
  void uploadsReadTheirSourceAtOnce() {
    try (CudaBackend backend = open()) {
      Tensor x = Tensor.of(DType.F32, Shape.of(1, 2), backend.allocate(8), 0);
      float[] values = {1, 2};
      backend.upload(MemorySegment.ofArray(values), x, backend.stream());
      values[0] = 7;
      assertArrayEquals(new float[] {1, 2}, download(backend, x));
    }
  }

  @Test
  void indicesOutOfRangeGiveNaN() {
    try (CudaBackend backend = open()) {
      Tensor table = upload(backend, new float[] {1, 2, 3, 4}, 2, 2);
      Tensor ids = Tensor.of(DType.I32, Shape.of(2), backend.allocate(8), 0);
      backend.upload(MemorySegment.ofArray(new int[] {1, 2}), ids, backend.stream());
      Tensor out = upload(backend, new float[4], 2, 2);
      backend.launch(new Embed(table, ids, out, 1), backend.stream());
      assertArrayEquals(new float[] {3, 4, Float.NaN, Float.NaN}, download(backend, out));
    }
  }

  /** Searched encoders run on the host, between what was queued before and after. */
  @Test
  void encodesOnTheHostWhatTheDeviceCannot() {
    try (CudaBackend backend = open()) {
      Tensor x = upload(backend, new float[256], 1, 256);
      Tensor out = Tensor.of(DType.Q4_K, Shape.of(1, 256), backend.allocate(144), 0);
      backend.prepare(List.of(new Convert(x, out), new Convert(out, x))).run(backend.stream());
      assertArrayEquals(new float[256], download(backend, x));
    }
  }

  @Test
  void refusesWhatItCannotRead() {
    try (CudaBackend backend = open()) {
      Tensor x = upload(backend, new float[2], 1, 2);
      Tensor weight = Tensor.of(DType.BOOL, Shape.of(2, 2), backend.allocate(4), 0);
      Linear linear = new Linear(x, weight, null, null, upload(backend, new float[2], 1, 2), 1);
      assertFalse(backend.supports(linear).supported());
      var error =
          assertThrows(DeviceException.class, () -> backend.launch(linear, backend.stream()));
      assertEquals(DeviceException.Kind.UNSUPPORTED, error.kind());
    }
  }

  /** What levin.h refuses names the op, the argument, and what it is. */
  @Test
  void refusalsNameTheArgument() {
    try (CudaBackend backend = open()) {
      Tensor x = upload(backend, new float[3], 1, 3);
      Tensor odd = Tensor.of(DType.F32, Shape.of(1, 2), x.buffer(), 2);
      var error =
          assertThrows(
              DeviceException.class,
              () -> backend.launch(new Add(odd, odd, odd, 1), backend.stream()));
      assertEquals(DeviceException.Kind.INVALID_ARGUMENT, error.kind());
      assertEquals(
          "Add on CUDA: levin_add: x is F32[1,2], whose rows must begin at multiples of 4 bytes",
          error.getMessage());
    }
  }
}
