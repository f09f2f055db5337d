package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;

/** Encoded weights multiplied as integers, which nothing but the option chooses. */
class VectorIntegerConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.VECTOR, Gemm.INT8));
  }
}
