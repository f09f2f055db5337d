package dev.levin.testkit;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.reference.ReferenceBackend;

/** The reference conforms to itself, which holds grid, placement and checks together. */
class ReferenceBackendTest extends OpConformanceTest {
  @Override
  protected Backend openBackend() {
    return new ReferenceBackend();
  }
}
