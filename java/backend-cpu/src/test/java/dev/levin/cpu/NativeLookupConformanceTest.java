package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Products of 2-bit weights looked up in tables, everything else as ever. */
@ExtendWith(NeedsNative.class)
class NativeLookupConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.NATIVE, Gemm.LUT));
  }
}
