package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;

/** Products of ternary weights looked up in tables, where vectors are wide enough. */
class VectorLookupConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.VECTOR, Gemm.LUT));
  }
}
