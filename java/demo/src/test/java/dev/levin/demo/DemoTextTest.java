package dev.levin.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.engine.ChatSession;
import dev.levin.engine.Generation;
import dev.levin.engine.GenerationOptions;
import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.template.ChatMessage;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo model says what it said when it was trained, from each of its files. */
class DemoTextTest {
  private static final LlmOptions OPTIONS =
      LlmOptions.builder().backend("cpu").contextLength(512).build();

  private static List<JsonNode> expected(String format) {
    try {
      JsonNode all = new ObjectMapper().readTree(Golden.path("demo/expected.json").toFile());
      List<JsonNode> matching = new ArrayList<>();
      for (JsonNode entry : all) {
        if (entry.get("formats").toString().contains('"' + format + '"')) {
          matching.add(entry);
        }
      }
      assertFalse(matching.isEmpty(), "nothing expected of " + format);
      return matching;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelSource open(String format) {
    return switch (format) {
      case "BF16" -> DemoModel.open();
      case "HF" -> ModelFiles.open(Golden.path("demo/hf"));
      default -> ModelFiles.open(Golden.path("demo/levin-demo-" + format + ".gguf"));
    };
  }

  private static Generation start(Llm llm, JsonNode entry) {
    String prompt = entry.get("prompt").asText();
    GenerationOptions options =
        GenerationOptions.builder().maxTokens(entry.get("max_tokens").asInt()).build();
    return entry.get("chat").asBoolean()
        ? llm.chat(List.of(ChatMessage.user(prompt)), options)
        : llm.generate(prompt, options);
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  @ParameterizedTest
  @CsvSource({"BF16", "HF", "Q8_0"})
  void greedyTextsAreTheExpectedOnes(String format) {
    try (Llm llm = Llm.load(open(format), OPTIONS)) {
      for (JsonNode entry : expected(format)) {
        String prompt = entry.get("prompt").asText();
        try (Generation generation = start(llm, entry)) {
          assertEquals(entry.get("text").asText(), generation.text(), prompt);
          assertArrayEquals(ints(entry.get("ids")), generation.tokens(), prompt);
          assertEquals(entry.get("prompt_ids").size(), generation.stats().promptTokens(), prompt);
        }
      }
    }
  }

  @Test
  void textsAreTheSameWhenManyThreadsAskAtOnce() throws Exception {
    LlmOptions crowded =
        LlmOptions.builder()
            .backend("cpu")
            .contextLength(512)
            .cacheTokens(800)
            .maxTokensPerStep(24)
            .build();
    try (Llm llm = Llm.load(DemoModel.open(), crowded);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<JsonNode> entries = expected("BF16");
      List<Future<String>> texts = new ArrayList<>();
      for (JsonNode entry : entries) {
        texts.add(threads.submit(() -> start(llm, entry).text()));
      }
      for (int i = 0; i < entries.size(); i++) {
        assertEquals(entries.get(i).get("text").asText(), texts.get(i).get());
      }
      assertEquals(50, llm.engine().freePages());
    }
  }

  @Test
  void conversationRemembersAndReusesItsCache() {
    try (Llm llm = Llm.load(DemoModel.open(), OPTIONS);
        ChatSession session = llm.chatSession(List.of(), GenerationOptions.defaults())) {
      assertEquals(
          "The capital of France is Paris.", session.send("What is the capital of France?").text());
      Generation second = session.send("What sound does a cow make?");
      assertEquals("A cow says moo.", second.text());
      assertTrue(second.stats().cachedTokens() > 15, second.stats().toString());
    }
  }

  @Test
  void embeddingIsAUnitVectorOfTheModelsWidth() {
    try (Llm llm = Llm.load(DemoModel.open(), OPTIONS)) {
      float[] embedding = llm.embed("Once upon a time");
      assertEquals(256, embedding.length);
      double squares = 0;
      for (float value : embedding) {
        squares += (double) value * value;
      }
      assertEquals(1, squares, 1e-5);
    }
  }
}
