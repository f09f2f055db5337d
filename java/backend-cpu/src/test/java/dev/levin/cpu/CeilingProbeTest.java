package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Ceilings;
import org.junit.jupiter.api.Test;

class CeilingProbeTest {
  @Test
  void measuresWhatIsPhysicallyPossible() {
    try (Backend backend = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.SCALAR))) {
      Ceilings ceilings = backend.measureCeilings().orElseThrow();
      // A loop that the compiler removed, or memory that was never touched, would show as more.
      assertTrue(ceilings.readBytesPerSecond() < 2e12, ceilings.toString());
      assertTrue(ceilings.flopsPerSecond() < 2e12, ceilings.toString());
      assertTrue(ceilings.seconds(1e9, 1) > ceilings.seconds(1e8, 1), ceilings.toString());
    }
  }

  @Test
  void isAnErrorAfterClose() {
    Backend backend = CpuBackend.open(new CpuOptions(1, CpuOptions.Kernels.SCALAR));
    backend.close();
    assertThrows(IllegalStateException.class, backend::measureCeilings);
  }
}
