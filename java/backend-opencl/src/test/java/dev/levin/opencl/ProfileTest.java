package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.SoftCap;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("opencl")
class ProfileTest {
  /** More launches than events are kept for. */
  private static final int MANY = 5000;

  @AfterEach
  void clearProperty() {
    System.clearProperty(Profile.PROPERTY);
  }

  private static Tensor floats(OpenClBackend backend) {
    return Tensor.of(DType.F32, Shape.of(4, 100), backend.allocate(1600), 0);
  }

  @Test
  void timesEachOpOnRequest() {
    OpenClDevice device = OpenClTests.device();
    long before = Handles.live();
    System.setProperty(Profile.PROPERTY, "true");
    try (OpenClBackend backend = OpenClBackend.open(device)) {
      Tensor x = floats(backend);
      for (int i = 0; i < MANY; i++) {
        backend.launch(new Add(x, x, x, 1), backend.stream());
      }
      backend.launch(new SoftCap(x, x, 30), backend.stream());
      backend.stream().synchronize();
      assertEquals(Set.of("Add", "SoftCap"), backend.counters().deviceNanos().keySet());
      backend.launch(new Add(x, x, x, 1), backend.stream());
    }
    assertEquals(before, Handles.live());
  }

  @Test
  void isOffByDefault() {
    try (OpenClBackend backend = OpenClBackend.open(OpenClTests.device())) {
      Tensor x = floats(backend);
      backend.launch(new Add(x, x, x, 1), backend.stream());
      backend.stream().synchronize();
      assertTrue(backend.counters().deviceNanos().isEmpty());
    }
  }
}
