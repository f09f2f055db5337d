package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.quant.Codecs;
import java.util.List;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProgramsTest {
  /** Activation formats exist in memory only while a product runs; F64 becomes F32 on import. */
  @Test
  void everyWeightTypeHasADecoder() {
    for (DType dtype : DType.values()) {
      boolean expected =
          switch (dtype) {
            case BOOL, F64, Q8_1, Q8_K -> false;
            default -> Codecs.of(dtype) != null;
          };
      assertEquals(
          expected, ProgramSource.weights(dtype, Products.FLOAT).isPresent(), dtype.name());
    }
  }

  @Test
  void keysTellPartsApart() {
    assertEquals(BinaryCache.key("a", "b"), BinaryCache.key("a", "b"));
    assertNotEquals(BinaryCache.key("a", "b"), BinaryCache.key("ab", ""));
  }

  @Test
  @Tag("opencl")
  void buildLogIsPartOfTheError() {
    OpenClDevice device = OpenClTests.device();
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
    cl_context context =
        CL.clCreateContext(properties, 1, new cl_device_id[] {device.id()}, null, null, null);
    long before = Handles.live();
    BinaryCache none = new BinaryCache(Optional.empty());
    ProgramSource broken = new ProgramSource(List.of("norm"), "-D rms_norm_params=0");
    try (Programs programs = new Programs(device, context, none, "-cl-std=CL1.2")) {
      var error = assertThrows(DeviceException.class, () -> programs.kernel(broken, "rms_norm"));
      assertTrue(error.getMessage().contains("norm"), error.getMessage());
      assertTrue(error.getMessage().contains("error:"), error.getMessage());
    } finally {
      CL.clReleaseContext(context);
    }
    assertEquals(before, Handles.live());
  }
}
