package dev.levin.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.DeviceException;
import dev.levin.core.backend.Backend;
import org.junit.jupiter.api.Test;

class BackendChoiceTest {
  @Test
  void opensWithItsThreadsAndKernelsAndLeavesTheProcessAsItWas() {
    try (Backend backend = new BackendChoice("cpu", "scalar", 3).open()) {
      assertEquals("3", backend.device().properties().get("threads"));
      assertEquals("scalar", backend.device().properties().get("kernels"));
    }
    assertNull(System.getProperty(BackendChoice.THREADS));
    assertNull(System.getProperty(BackendChoice.KERNELS));
  }

  @Test
  void restoresPropertiesAfterAFailure() {
    BackendChoice choice = new BackendChoice("no-such-backend", "", 2);
    assertThrows(DeviceException.class, choice::open);
    assertNull(System.getProperty(BackendChoice.THREADS));
  }
}
