package dev.levin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What the demo model says, token for token, on every backend this machine has. */
class DemoTextsTest {
  /** Formats of the expected texts, and the file of each. */
  private enum Format {
    HF(Golden.path("demo/hf")),
    BF16(Golden.embeddedDemo()),
    Q8_0(Golden.path("demo/levin-demo-Q8_0.gguf"));

    private final Path path;

    Format(Path path) {
      this.path = path;
    }
  }

  @TestFactory
  Stream<DynamicTest> everyBackendSaysTheSame() {
    return Backends.list().stream()
        .filter(status -> status.availability() instanceof Availability.Ready)
        .flatMap(
            status ->
                Stream.of(Format.values())
                    .map(
                        format ->
                            DynamicTest.dynamicTest(
                                status.name() + " " + format, () -> check(status.name(), format))));
  }

  private static List<JsonNode> expected(Format format) throws IOException {
    JsonNode all = new ObjectMapper().readTree(Golden.path("demo/expected.json").toFile());
    return StreamSupport.stream(all.spliterator(), false)
        .filter(entry -> entry.get("formats").toString().contains('"' + format.name() + '"'))
        .toList();
  }

  private static void check(String backend, Format format) throws IOException {
    List<JsonNode> entries = expected(format);
    LlmOptions options =
        LlmOptions.builder()
            .backend(backend)
            .contextLength(256)
            .maxSequences(entries.size())
            .build();
    List<Generation> generations = new ArrayList<>();
    try (Llm llm = Llm.load(format.path, options)) {
      for (JsonNode entry : entries) {
        generations.add(start(llm, entry));
      }
      for (int i = 0; i < entries.size(); i++) {
        String text = generations.get(i).text();
        int[] ids =
            StreamSupport.stream(entries.get(i).get("ids").spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
        String prompt = entries.get(i).get("prompt").asText();
        assertArrayEquals(ids, generations.get(i).tokens(), prompt);
        assertEquals(entries.get(i).get("text").asText(), text, prompt);
      }
    } finally {
      generations.forEach(Generation::close);
    }
  }

  private static Generation start(Llm llm, JsonNode entry) {
    String prompt = entry.get("prompt").asText();
    GenerationOptions options =
        GenerationOptions.builder().maxTokens(entry.get("max_tokens").asInt()).build();
    return entry.get("chat").asBoolean()
        ? llm.chat(List.of(ChatMessage.user(prompt)), options)
        : llm.generate(prompt, options);
  }
}
