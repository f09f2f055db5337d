package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;

class ScalarConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.SCALAR));
  }
}
