package dev.levin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backends;
import dev.levin.engine.Generation;
import dev.levin.engine.GenerationOptions;
import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;
import dev.levin.formats.template.ChatMessage;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo model's texts, token by token, on a device. */
class DemoTextsTest {
  private static Path file(String format) {
    return switch (format) {
      case "BF16" -> Golden.embeddedDemo();
      case "HF" -> Golden.path("demo/hf");
      default -> Golden.path("demo/levin-demo-" + format + ".gguf");
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"HF", "BF16", "Q8_0"})
  void openClSaysWhatIsExpected(String format) throws IOException {
    Availability availability =
        Backends.list().stream()
            .filter(status -> status.name().equals("opencl"))
            .findFirst()
            .orElseThrow()
            .availability();
    assumeTrue(availability instanceof Availability.Ready, availability::toString);
    JsonNode expected = new ObjectMapper().readTree(Golden.path("demo/expected.json").toFile());
    LlmOptions options = LlmOptions.builder().backend("opencl").contextLength(256).build();
    int texts = 0;
    try (Llm llm = Llm.load(file(format), options)) {
      for (JsonNode entry : expected) {
        boolean holds =
            StreamSupport.stream(entry.get("formats").spliterator(), false)
                .anyMatch(node -> node.asText().equals(format));
        if (holds) {
          assertText(entry, llm);
          texts++;
        }
      }
    }
    assertEquals(format.equals("Q8_0") ? 13 : 17, texts);
  }

  private static void assertText(JsonNode entry, Llm llm) {
    String prompt = entry.get("prompt").asText();
    GenerationOptions options =
        GenerationOptions.builder().maxTokens(entry.get("max_tokens").asInt()).build();
    try (Generation generation =
        entry.get("chat").asBoolean()
            ? llm.chat(List.of(ChatMessage.user(prompt)), options)
            : llm.generate(prompt, options)) {
      assertEquals(entry.get("text").asText(), generation.text(), prompt);
      int[] ids =
          StreamSupport.stream(entry.get("ids").spliterator(), false)
              .mapToInt(JsonNode::asInt)
              .toArray();
      assertArrayEquals(ids, generation.tokens(), prompt);
    }
  }
}
