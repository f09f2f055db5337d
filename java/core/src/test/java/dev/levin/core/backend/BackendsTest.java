package dev.levin.core.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.core.DeviceException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackendsTest {
  private final String before = System.getProperty(Backends.PROPERTY);

  @AfterEach
  void restoreProperty() {
    if (before == null) {
      System.clearProperty(Backends.PROPERTY);
    } else {
      System.setProperty(Backends.PROPERTY, before);
    }
  }

  private static String unavailable(String name) {
    DeviceException e = assertThrows(DeviceException.class, () -> Backends.open(name));
    assertEquals(DeviceException.Kind.UNAVAILABLE, e.kind());
    return e.getMessage();
  }

  @Test
  void autoTakesTheBestScore() {
    try (Backend backend = Backends.open(Backends.AUTO)) {
      assertEquals("fast", backend.name());
      assertEquals(0, backend.device().index());
    }
  }

  @Test
  void aNameIsForced() {
    assertEquals("slow", Backends.open("slow").name());
    assertEquals("on-request", Backends.open("on-request").name());
  }

  @Test
  void thePropertyChooses() {
    System.setProperty(Backends.PROPERTY, " slow ");
    assertEquals("slow", Backends.configured());
    assertEquals("slow", Backends.open().name());
  }

  @Test
  void withoutPropertyAndVariableItIsAuto() {
    assumeTrue(System.getenv(Backends.VARIABLE) == null, Backends.VARIABLE + " is set");
    System.setProperty(Backends.PROPERTY, "  ");
    assertEquals(Backends.AUTO, Backends.configured());
    System.clearProperty(Backends.PROPERTY);
    assertEquals(Backends.AUTO, Backends.configured());
  }

  @Test
  void unknownNamesListTheKnownOnes() {
    assertEquals(
        "unknown backend 'abacus'; known are [cpu, opencl, cuda] and auto", unavailable("abacus"));
  }

  @Test
  void absentBackendsGiveTheirReason() {
    assertEquals(
        "backend 'cuda' is not available: the driver is from another century", unavailable("cuda"));
    assertEquals(
        "backend 'cpu' is not available: no provider named 'cpu' on the class path",
        unavailable("cpu"));
  }

  @Test
  void theListHasEveryBackendWithDevicesOfTheReadyOnes() {
    List<Backends.Status> list = Backends.list();
    assertEquals(
        List.of("cpu", "opencl", "cuda", "slow", "fast", "on-request"),
        list.stream().map(Backends.Status::name).toList());
    for (Backends.Status status : list) {
      if (status.availability() instanceof Availability.Absent absent) {
        assertTrue(status.devices().isEmpty());
        assertTrue(!absent.reason().isBlank());
      } else {
        assertInstanceOf(Availability.Ready.class, status.availability());
        assertEquals(2, status.devices().size());
      }
    }
  }
}
