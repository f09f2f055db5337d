package dev.levin.opencl;

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
import dev.levin.core.op.Add;
import dev.levin.core.op.Embed;
import dev.levin.core.op.Linear;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("opencl")
class OpenClBackendTest {
  private static Tensor upload(OpenClBackend backend, float[] values, long... dims) {
    Buffer buffer = backend.allocate(4L * values.length);
    Tensor tensor = Tensor.of(DType.F32, Shape.of(dims), buffer, 0);
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
    return tensor;
  }

  private static float[] download(OpenClBackend backend, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    backend.download(tensor, MemorySegment.ofArray(values), backend.stream());
    return values;
  }

  @Test
  void describesTheDevice() {
    OpenClDevice device = OpenClTests.device();
    assertFalse(device.info().name().isBlank());
    assertTrue(device.info().memoryBytes() > 0);
    assertTrue(device.info().properties().containsKey("driver"));
    Availability availability = new OpenClBackendProvider().probe();
    int score = device.kind() == OpenClDevice.Kind.GPU ? 50 : 0;
    assertEquals(new Availability.Ready(score), availability);
  }

  @Test
  void choosesDevicesByIndexAndName() {
    OpenClDevice device = OpenClTests.device();
    List<OpenClDevice> devices = List.of(device);
    String index = Integer.toString(device.info().index());
    assertEquals(devices, OpenClDevice.chosenFirst(devices, index));
    String part = device.info().name().substring(1).toUpperCase();
    assertEquals(devices, OpenClDevice.chosenFirst(devices, part));
    var unknown =
        assertThrows(
            IllegalArgumentException.class, () -> OpenClDevice.chosenFirst(devices, "abacus"));
    assertTrue(unknown.getMessage().contains("'abacus'"), unknown.getMessage());
    assertTrue(unknown.getMessage().contains(device.info().name()), unknown.getMessage());
  }

  @Test
  void releasesEverythingOnClose() {
    OpenClDevice device = OpenClTests.device();
    long before = Handles.live();
    OpenClBackend backend = OpenClBackend.open(device);
    Tensor x = upload(backend, new float[] {1, 2, 3}, 1, 3);
    backend.launch(new Add(x, x, x, 1), backend.stream());
    assertArrayEquals(new float[] {2, 4, 6}, download(backend, x));
    assertEquals(12, backend.usedBytes());
    assertTrue(Handles.live() > before);
    backend.close();
    assertEquals(before, Handles.live());
    assertFalse(x.buffer().isOpen());
  }

  @Test
  void saysWhatWasAskedWhenMemoryIsShort() {
    try (OpenClBackend backend = OpenClBackend.open(OpenClTests.device())) {
      var error = assertThrows(DeviceException.class, () -> backend.allocate(Long.MAX_VALUE / 2));
      assertEquals(DeviceException.Kind.OUT_OF_MEMORY, error.kind());
      assertTrue(error.getMessage().contains(Long.toString(Long.MAX_VALUE / 2)));
      assertEquals(0, backend.usedBytes());
      assertThrows(IllegalArgumentException.class, () -> backend.allocate(-1));
    }
  }

  @Test
  void packsStridedWeights() {
    try (OpenClBackend backend = OpenClBackend.open(OpenClTests.device());
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

  @Test
  void indicesOutOfRangeGiveNaN() {
    try (OpenClBackend backend = OpenClBackend.open(OpenClTests.device())) {
      Tensor table = upload(backend, new float[] {1, 2, 3, 4}, 2, 2);
      Tensor ids = Tensor.of(DType.I32, Shape.of(2), backend.allocate(8), 0);
      backend.upload(MemorySegment.ofArray(new int[] {1, 2}), ids, backend.stream());
      Tensor out = upload(backend, new float[4], 2, 2);
      backend.launch(new Embed(table, ids, out, 1), backend.stream());
      assertArrayEquals(new float[] {3, 4, Float.NaN, Float.NaN}, download(backend, out));
    }
  }

  @Test
  void refusesWhatItCannotRead() {
    try (OpenClBackend backend = OpenClBackend.open(OpenClTests.device())) {
      Tensor x = upload(backend, new float[2], 1, 2);
      Tensor weight = Tensor.of(DType.BOOL, Shape.of(2, 2), backend.allocate(4), 0);
      Linear linear = new Linear(x, weight, null, null, upload(backend, new float[2], 1, 2), 1);
      assertFalse(backend.supports(linear).supported());
      var error =
          assertThrows(DeviceException.class, () -> backend.launch(linear, backend.stream()));
      assertEquals(DeviceException.Kind.UNSUPPORTED, error.kind());
    }
  }

  @Test
  void keepsBinariesAndSurvivesDamagedOnes(@TempDir Path folder) throws IOException {
    BinaryCache cache = new BinaryCache(Optional.of(folder));
    addsUp(cache);
    List<Path> files;
    try (Stream<Path> listed = Files.list(folder)) {
      files = listed.toList();
    }
    assertEquals(1, files.size());
    assertTrue(files.getFirst().toString().endsWith(".bin"), files.toString());
    addsUp(cache);
    Files.write(files.getFirst(), new byte[100]);
    addsUp(cache);
    addsUp(new BinaryCache(Optional.empty()));
  }

  private static void addsUp(BinaryCache cache) {
    try (OpenClBackend backend = OpenClBackend.open(OpenClTests.device(), cache)) {
      Tensor x = upload(backend, new float[] {1, 2}, 1, 2);
      backend.launch(new Add(x, x, x, 2), backend.stream());
      assertArrayEquals(new float[] {3, 6}, download(backend, x));
    }
  }
}
