package dev.levin.formats.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Real templates against what transformers rendered with them. */
class ChatTemplateGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};
  private static final TypeReference<List<Map<String, Object>>> OBJECTS = new TypeReference<>() {};

  @Test
  void goldenTemplatesArePresent() {
    assumeTrue(
        Golden.external("templates").isPresent(),
        "no golden chat templates; set " + Golden.VARIABLE);
  }

  @TestFactory
  Stream<DynamicTest> rendersAsTransformersDoes() throws IOException {
    Optional<Path> folder = Golden.external("templates");
    if (folder.isEmpty()) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.list(folder.get())) {
      List<Path> templates =
          files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
      assertTrue(templates.size() >= 8, "templates in " + folder.get());
      return templates.stream()
          .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
    }
  }

  private static void check(Path file) throws IOException {
    ChatTemplate template =
        ChatTemplate.parse(file.getFileName().toString(), Files.readString(file));
    Path expectations = Path.of(file.toString().replace(".jinja", ".json"));
    JsonNode root = JSON.readTree(expectations.toFile());
    int number = 0;
    for (JsonNode node : root.get("cases")) {
      String name = file.getFileName() + " case " + number++;
      RenderOptions options = options(root, node);
      List<ChatMessage> messages =
          JSON.convertValue(node.get("messages"), OBJECTS).stream().map(ChatMessage::new).toList();
      if (node.has("error")) {
        TemplateException refused =
            assertThrows(TemplateException.class, () -> template.render(messages, options), name);
        assertEquals(node.get("error").textValue(), refused.templateMessage(), name);
      } else {
        assertEquals(node.get("expected").textValue(), template.render(messages, options), name);
      }
    }
    assertTrue(number > 0, "cases of " + file);
  }

  private static RenderOptions options(JsonNode root, JsonNode node) {
    LocalDate day = LocalDate.parse(root.get("rendered_on").textValue());
    Clock clock = Clock.fixed(day.atTime(12, 0).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
    Map<String, Object> special = JSON.convertValue(root.get("special"), OBJECT);
    RenderOptions options =
        RenderOptions.defaults(
                root.at("/special/bos_token").textValue(),
                root.at("/special/eos_token").textValue())
            .withVariables(special)
            .withClock(clock)
            .withGenerationPrompt(node.get("gen").booleanValue());
    return node.has("tools")
        ? options.withTools(JSON.convertValue(node.get("tools"), OBJECTS))
        : options;
  }
}
