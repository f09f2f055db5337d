package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;

/** Runs at the preferred width, and in JVMs of its own at the others: see the build file. */
class VectorConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    int threads = CpuOptions.fromProperties().threads();
    return CpuBackend.open(new CpuOptions(threads, CpuOptions.Kernels.VECTOR));
  }
}
