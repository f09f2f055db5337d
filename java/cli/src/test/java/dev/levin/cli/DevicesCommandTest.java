package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesCommandTest {
  @Test
  void listsAllBackendsWithReasons() {
    List<String> lines = Run.of("devices").succeeded().lines().toList();
    assertTrue(lines.get(0).startsWith("cpu     ready: "), lines.get(0));
    assertTrue(
        lines.stream().anyMatch(line -> line.matches("opencl  (ready|absent): .+")),
        () -> String.join("\n", lines));
    assertTrue(
        lines.stream().anyMatch(line -> line.matches("cuda    (ready|absent): .+")),
        () -> String.join("\n", lines));
  }

  @Test
  void listsThemAsJson() throws IOException {
    JsonNode backends =
        new ObjectMapper().readTree(Run.of("devices", "--json").succeeded()).get("backends");
    assertEquals("cpu", backends.get(0).get("name").asText());
    assertTrue(backends.get(0).get("available").asBoolean());
    assertFalse(backends.get(0).get("devices").get(0).get("name").asText().isBlank());
    JsonNode cuda = backends.get(2);
    assertEquals("cuda", cuda.get("name").asText());
    assertTrue(cuda.get("available").asBoolean() || !cuda.get("reason").asText().isBlank());
  }

  /** Absent on every machine: none has a device of that name. */
  @Test
  void refusesAForcedBackendThatIsAbsent() {
    System.setProperty("levin.cuda.device", "abacus");
    try {
      String line = Run.of("generate", "--backend", "cuda", "x").refused();
      assertTrue(line.contains("'cuda'"), line);
    } finally {
      System.clearProperty("levin.cuda.device");
    }
  }

  @Test
  void refusesAnUnknownBackend() {
    String line = Run.of("generate", "--backend", "abacus", "x").refused();
    assertTrue(line.contains("unknown backend 'abacus'"), line);
  }
}
