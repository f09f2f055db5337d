package dev.levin;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backends;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Backends that this run may not do without. Tests of a backend that is absent are skipped, so a
 * machine that must have it says so here; the CPU is always required.
 */
class RequiredBackendsTest {
  private static final String VARIABLE = "LEVIN_REQUIRE_BACKENDS";

  @TestFactory
  Stream<DynamicTest> requiredBackendsArePresent() {
    String required = Optional.ofNullable(System.getenv(VARIABLE)).orElse("cpu");
    return Arrays.stream(required.split(","))
        .map(String::strip)
        .map(name -> DynamicTest.dynamicTest(name, () -> assertPresent(name)));
  }

  private static void assertPresent(String name) {
    Availability availability =
        Backends.list().stream()
            .filter(status -> status.name().equals(name))
            .findFirst()
            .map(Backends.Status::availability)
            .orElse(new Availability.Absent("unknown"));
    assertTrue(
        availability instanceof Availability.Ready,
        () -> VARIABLE + " asks for '" + name + "': " + availability);
  }
}
