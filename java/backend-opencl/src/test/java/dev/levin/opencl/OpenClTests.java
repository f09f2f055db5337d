package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.levin.core.backend.Availability;
import java.util.Arrays;
import java.util.Optional;

/** Decides whether a test that needs a device runs, is skipped, or fails. */
final class OpenClTests {
  private static final String VARIABLE = "LEVIN_REQUIRE_BACKENDS";

  private OpenClTests() {}

  /** The first device; without one the test is skipped, or fails where the backend is required. */
  static OpenClDevice device() {
    if (new OpenClBackendProvider().probe() instanceof Availability.Absent absent) {
      String required = Optional.ofNullable(System.getenv(VARIABLE)).orElse("");
      if (Arrays.asList(required.split("\\s*,\\s*")).contains(OpenClBackendProvider.NAME)) {
        fail(VARIABLE + " asks for opencl: " + absent.reason());
      }
      abort("no OpenCL: " + absent.reason());
    }
    return OpenClDevice.all().getFirst();
  }
}
