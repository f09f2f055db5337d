package dev.levin.cuda;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.levin.core.backend.Availability;
import dev.levin.core.backend.DeviceInfo;
import java.util.Arrays;
import java.util.Optional;

/** Decides whether a test that needs a device runs, is skipped, or fails. */
final class CudaTests {
  private static final String VARIABLE = "LEVIN_REQUIRE_BACKENDS";

  private CudaTests() {}

  /** The first device; without one the test is skipped, or fails where the backend is required. */
  static DeviceInfo device() {
    if (new CudaBackendProvider().probe() instanceof Availability.Absent absent) {
      String required = Optional.ofNullable(System.getenv(VARIABLE)).orElse("");
      if (Arrays.asList(required.split("\\s*,\\s*")).contains(CudaBackendProvider.NAME)) {
        fail(VARIABLE + " asks for cuda: " + absent.reason());
      }
      abort("no CUDA: " + absent.reason());
    }
    return CudaDevice.all().getFirst();
  }
}
