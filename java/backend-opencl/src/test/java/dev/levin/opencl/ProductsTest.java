package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Linear;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What activations become when they are encoded, and who encodes them. */
@Tag("opencl")
class ProductsTest {
  private static final LaunchSizes SIZES = new LaunchSizes(32, 32, 2, 1, 2, 2, 8, 16, 8, 32);
  private static final int GROUP = 32;
  private static final int VALUES = 20 * GROUP;

  /** x times one row of weights, all of whose scales are 1. */
  private static float[] multiply(Products products, float[] x, byte[] codes) {
    OpenClDevice device = OpenClTests.device();
    Extensions extensions = new Extensions(Subgroups.OFF, products);
    BinaryCache cache = BinaryCache.configured(device);
    try (OpenClBackend backend = OpenClBackend.open(device, SIZES, extensions, cache)) {
      int tokens = x.length / codes.length;
      Buffer values = backend.allocate(4L * x.length);
      Tensor input = Tensor.of(DType.F32, Shape.of(tokens, codes.length), values, 0);
      backend.upload(MemorySegment.ofArray(x), input, backend.stream());
      Tensor out = Tensor.of(DType.F32, Shape.of(tokens, 1), backend.allocate(4L * tokens), 0);
      Tensor weight = backend.importWeight(blocks(codes));
      backend.launch(new Linear(input, weight, null, null, out, 1), backend.stream());
      float[] result = new float[tokens];
      backend.download(out, MemorySegment.ofArray(result), backend.stream());
      return result;
    }
  }

  private static Tensor blocks(byte[] codes) {
    Tensor host = Tensor.allocateHost(DType.Q8_0, 1, codes.length);
    byte[] bytes = new byte[Math.toIntExact(host.byteSize())];
    for (int g = 0; g < codes.length / GROUP; g++) {
      int at = g * DType.Q8_0.blockBytes();
      bytes[at + 1] = 0x3c;
      System.arraycopy(codes, g * GROUP, bytes, at + 2, GROUP);
    }
    HostBuffer.segmentOf(host).copyFrom(MemorySegment.ofArray(bytes));
    return host;
  }

  private static float[] gaussians(int count) {
    Random random = new Random(5);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static byte[] codes() {
    byte[] codes = new byte[VALUES];
    new Random(6).nextBytes(codes);
    return codes;
  }

  /** One token, two, and tiles of several. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 11})
  void integersAreRoundedToAHundredAndTwentySeventhOfTheLargest(int tokens) {
    float[] x = gaussians(tokens * VALUES);
    float[] got = multiply(Products.EMULATED_INT8, x, codes());
    for (int t = 0; t < tokens; t++) {
      double exact = 0;
      double rounded = 0;
      double size = 0;
      for (int start = 0; start < VALUES; start += GROUP) {
        float most = 0;
        for (int i = start; i < start + GROUP; i++) {
          most = Math.max(most, Math.abs(x[t * VALUES + i]));
        }
        for (int i = start; i < start + GROUP; i++) {
          float value = x[t * VALUES + i];
          exact += (double) value * codes()[i];
          rounded += Math.rint(value * (127 / most)) * most / 127 * codes()[i];
          size += Math.abs(value * codes()[i]);
        }
      }
      assertEquals(rounded, got[t], 1e-6 * size, "token " + t);
      assertTrue(Math.abs(exact - rounded) > 1e-5 * size, "a case that tells them apart");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EMULATED_INT8", "EMULATED_FP16"})
  void extremesStayInTheirGroup(Products products) {
    float[] huge = gaussians(VALUES);
    float[] tiny = gaussians(VALUES);
    float[] mixed = new float[VALUES];
    double wantHuge = 0;
    double wantMixed = 0;
    for (int i = 0; i < VALUES; i++) {
      huge[i] = Math.copySign(0x1p110f, huge[i]);
      tiny[i] *= 0x1p-130f;
      mixed[i] = i < GROUP ? tiny[i] : i < 2 * GROUP ? 1 : 0;
      wantHuge += (double) huge[i] * codes()[i];
      wantMixed += mixed[i] < 1 ? 0 : codes()[i];
    }
    assertEquals(wantHuge, multiply(products, huge, codes())[0], 1e-3 * Math.abs(wantHuge));
    assertEquals(0, multiply(products, tiny, codes())[0]);
    assertEquals(wantMixed, multiply(products, mixed, codes())[0], 1e-3 * Math.abs(wantMixed));
    for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      mixed[VALUES - 1] = odd;
      assertEquals(Float.NaN, multiply(products, mixed, codes())[0], "among others: " + odd);
    }
  }

  /** The largest codes times the largest halves, which are those that were just rounded up. */
  @Test
  void halvesDoNotOverflow() {
    float[] x = new float[VALUES];
    byte[] codes = new byte[VALUES];
    for (int i = 0; i < VALUES; i++) {
      x[i] = Math.nextDown(2f);
      codes[i] = -128;
    }
    double want = -128.0 * 2 * VALUES;
    assertEquals(want, multiply(Products.EMULATED_FP16, x, codes)[0], 1e-3 * -want);
  }

  @Test
  void whatTheDeviceDoesNotOfferIsRefused() {
    OpenClDevice device = OpenClTests.device();
    boolean processor = device.kind() == OpenClDevice.Kind.CPU;
    assertEquals(Products.FLOAT, Products.configured(device));
    try {
      for (String choice : new String[] {"int8", "fp16"}) {
        System.setProperty(Products.PROPERTY, choice);
        String extension = choice.equals("int8") ? "cl_khr_integer_dot_product" : "cl_khr_fp16";
        if (!processor && device.offers(extension)) {
          continue;
        }
        String message =
            assertThrows(IllegalArgumentException.class, () -> Products.configured(device))
                .getMessage();
        assertTrue(message.contains(device.info().name()), message);
        assertTrue(message.contains(processor ? "are float32" : extension), message);
      }
      System.setProperty(Products.PROPERTY, "auto");
      if (processor) {
        assertEquals(Products.FLOAT, Products.configured(device));
      }
      System.setProperty(Products.PROPERTY, "half");
      String message =
          assertThrows(IllegalArgumentException.class, () -> Products.configured(device))
              .getMessage();
      assertTrue(message.contains("'half'") && message.contains("'fp16'"), message);
    } finally {
      System.clearProperty(Products.PROPERTY);
    }
  }
}
