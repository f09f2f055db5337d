package dev.levin.formats.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Small templates against what Jinja itself rendered; reference_cases.py wrote the table. */
class ReferenceCasesTest {
  @TestFactory
  Stream<DynamicTest> rendersAsJinjaDoes() throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode root;
    try (InputStream file = getClass().getResourceAsStream("reference_cases.json")) {
      root = json.readTree(file);
    }
    assertTrue(root.get("cases").size() > 500, "cases in the table");
    Map<String, Object> variables =
        json.convertValue(root.get("context"), new TypeReference<>() {});
    RenderOptions options = RenderOptions.defaults(null, null).withVariables(variables);
    return StreamSupport.stream(root.get("cases").spliterator(), false)
        .map(
            node -> {
              String template = node.get("template").textValue();
              return DynamicTest.dynamicTest(
                  template.lines().findFirst().orElse(""), () -> check(node, template, options));
            });
  }

  private static void check(JsonNode node, String source, RenderOptions options) {
    if (node.has("expected")) {
      String text = ChatTemplate.parse("case", source).render(List.of(), options);
      assertEquals(node.get("expected").textValue(), text, source);
      return;
    }
    ModelFormatException error =
        assertThrows(
            ModelFormatException.class,
            () -> ChatTemplate.parse("case", source).render(List.of(), options),
            () -> source + " should fail as Jinja does: " + node.get("error").textValue());
    assertTrue(error.getMessage().startsWith("case: chat template line "), error.getMessage());
    assertFalse(error.getMessage().contains("\n"), error.getMessage());
  }
}
