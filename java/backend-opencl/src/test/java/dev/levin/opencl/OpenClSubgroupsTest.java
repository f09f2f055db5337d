package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.op.RmsNorm;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Lanes that are a sub-group, emulated here, compute the same bits as those that share memory. */
@Tag("opencl")
class OpenClSubgroupsTest {
  private static final LaunchSizes SIZES = new LaunchSizes(32, 32, 2, 1, 2, 2, 8, 16, 8, 32);

  private record Outputs(float[] one, float[] few, float[] norm) {}

  @Test
  void bitsDoNotDependOnSubgroups() {
    Outputs plain = run(Subgroups.OFF);
    Outputs emulated = run(Subgroups.EMULATED);
    assertArrayEquals(plain.one, emulated.one);
    assertArrayEquals(plain.few, emulated.few);
    assertArrayEquals(plain.norm, emulated.norm);
  }

  private static Outputs run(Subgroups subgroups) {
    OpenClDevice device = OpenClTests.device();
    BinaryCache cache = BinaryCache.configured(device);
    Extensions extensions = new Extensions(subgroups, Products.FLOAT);
    try (OpenClBackend backend = OpenClBackend.open(device, SIZES, extensions, cache)) {
      Tensor x = floats(backend, 2, 4096 + 32);
      Tensor weight = weight(backend, 37, 4096 + 32);
      Tensor one = empty(backend, 1, 37);
      Tensor few = empty(backend, 2, 37);
      Tensor norm = empty(backend, 2, 4096 + 32);
      launch(backend, new Linear(x.slice(0, 1, 2), weight, null, null, one, 1));
      launch(backend, new Linear(x, weight, null, null, few, 1));
      launch(backend, new RmsNorm(x, null, norm, 1e-5f, 0));
      return new Outputs(values(backend, one), values(backend, few), values(backend, norm));
    }
  }

  private static void launch(OpenClBackend backend, Op op) {
    backend.launch(op, backend.stream());
  }

  private static Tensor empty(OpenClBackend backend, long... dims) {
    Buffer buffer = backend.allocate(DType.F32.bytes(Shape.of(dims)));
    return Tensor.of(DType.F32, Shape.of(dims), buffer, 0);
  }

  private static Tensor floats(OpenClBackend backend, long... dims) {
    Tensor tensor = empty(backend, dims);
    Random random = new Random(3);
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
    return tensor;
  }

  /** Codes and scales of any kind: bytes that make no scale infinite. */
  private static Tensor weight(OpenClBackend backend, long rows, long size) {
    Tensor host = Tensor.allocateHost(DType.Q8_0, rows, size);
    byte[] bytes = new byte[Math.toIntExact(host.byteSize())];
    new Random(4).nextBytes(bytes);
    for (int at = 0; at < bytes.length; at += DType.Q8_0.blockBytes()) {
      bytes[at + 1] &= 0x3f;
    }
    HostBuffer.segmentOf(host).copyFrom(MemorySegment.ofArray(bytes));
    Tensor imported = backend.importWeight(host);
    host.buffer().close();
    return imported;
  }

  private static float[] values(OpenClBackend backend, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    backend.download(tensor, MemorySegment.ofArray(values), backend.stream());
    return values;
  }

  @Test
  void whatTheDeviceDoesNotOfferIsRefused() {
    OpenClDevice device = OpenClTests.device();
    String extensions = device.info().properties().get("extensions");
    assertEquals(Subgroups.OFF, Subgroups.configured(device));
    System.setProperty(Subgroups.PROPERTY, "on");
    try {
      if (extensions.contains("cl_khr_subgroup_shuffle")) {
        assertEquals(Subgroups.DEVICE, Subgroups.configured(device));
      } else {
        String message =
            assertThrows(IllegalArgumentException.class, () -> Subgroups.configured(device))
                .getMessage();
        assertEquals(true, message.contains("does not offer cl_khr_subgroup"), message);
      }
      System.setProperty(Subgroups.PROPERTY, "maybe");
      assertThrows(IllegalArgumentException.class, () -> Subgroups.configured(device));
    } finally {
      System.clearProperty(Subgroups.PROPERTY);
    }
  }
}
