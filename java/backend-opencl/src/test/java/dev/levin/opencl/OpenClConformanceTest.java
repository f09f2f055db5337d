package dev.levin.opencl;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("opencl")
class OpenClConformanceTest extends OpConformanceTest {
  /** Skips all tests at once, with the reason. */
  @BeforeAll
  static void requireDevice() {
    OpenClTests.device();
  }

  @Override
  protected Backend openBackend() {
    return OpenClBackend.open(OpenClTests.device());
  }
}
