package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;

/** Encoded weights as floats also where vectors are wide enough for integers. */
class VectorFloatConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.VECTOR, Gemm.FMA));
  }
}
