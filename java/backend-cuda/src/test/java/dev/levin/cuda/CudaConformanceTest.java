package dev.levin.cuda;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("cuda")
class CudaConformanceTest extends OpConformanceTest {
  /** Skips all tests at once, with the reason. */
  @BeforeAll
  static void requireDevice() {
    CudaTests.device();
  }

  @Override
  protected Backend openBackend() {
    return CudaBackend.open(CudaTests.device());
  }
}
