package dev.levin.cpu;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs with the best instructions, and in a JVM of its own with AVX2: see the build file. */
@ExtendWith(NeedsNative.class)
class NativeConformanceTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.NATIVE));
  }
}
