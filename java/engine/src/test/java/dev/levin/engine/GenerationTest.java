package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DeviceException;
import dev.levin.core.LevinException;
import dev.levin.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class GenerationTest {
  /** Goes through the alphabet for ever, from wherever the text is. */
  private static ScriptedModel alphabet(int context, LlmOptions options) {
    return new ScriptedModel(context, 256, options, text -> next(text.charAt(text.length() - 1)));
  }

  private static ScriptedModel alphabet(int context) {
    return alphabet(context, LlmOptions.defaults());
  }

  private static String next(char letter) {
    return String.valueOf((char) (letter == 'z' ? 'a' : letter + 1));
  }

  private static GenerationOptions.Builder options() {
    return GenerationOptions.builder();
  }

  @Test
  void yieldsTextUntilTheModelEndsIt() {
    ScriptedModel model = ScriptedModel.replying("Say it.", "Hello, world");
    Generation generation = model.llm.generate("Say it.");
    StringBuilder text = new StringBuilder();
    generation.forEach(text::append);
    assertEquals("Hello, world", text.toString());
    assertEquals("Hello, world", generation.text());
    GenerationStats stats = generation.stats();
    assertEquals(FinishReason.STOP, stats.finishReason());
    assertEquals(8, stats.promptTokens());
    assertEquals(0, stats.cachedTokens());
    assertEquals(12, stats.generatedTokens());
    assertEquals(12, generation.tokens().length);
    assertTrue(stats.timeToFirstTokenSeconds() > 0 && stats.promptSeconds() > 0);
    assertTrue(model.isEmpty());
    assertThrows(IllegalStateException.class, generation::iterator);
  }

  @Test
  void computesOneTokenPerStepAndOnlyWhenAsked() {
    ScriptedModel model = ScriptedModel.replying("go", "abc");
    Generation generation = model.llm.generate("go");
    assertEquals(0, model.pass.numSteps);
    Iterator<String> pieces = generation.iterator();
    assertEquals("a", pieces.next());
    assertEquals(1, model.pass.numSteps);
    assertEquals("b", pieces.next());
    assertEquals(2, model.pass.numSteps);
    generation.close();
    assertTrue(model.isEmpty());
    assertFalse(pieces.hasNext());
    assertEquals(FinishReason.CANCELLED, generation.stats().finishReason());
    generation.close();
  }

  @Test
  void neverYieldsHalfACharacter() {
    ScriptedModel model = ScriptedModel.replying("?", "é€😀");
    List<String> pieces = new ArrayList<>();
    model.llm.generate("?").forEach(pieces::add);
    assertEquals(List.of("é", "€", "😀"), pieces);
  }

  @Test
  void cutCharacterAtTheEndIsReplaced() {
    ScriptedModel model = ScriptedModel.replying("?", "a€");
    Generation generation = model.llm.generate("?", options().maxTokens(2).build());
    assertEquals("a\uFFFD", generation.text());
    assertEquals(FinishReason.LENGTH, generation.stats().finishReason());
  }

  @Test
  void stopStringEndsTheTextBeforeIt() {
    ScriptedModel model = ScriptedModel.replying("?", "one two three");
    Generation generation = model.llm.generate("?", options().stop("wo t", "xyz").build());
    assertEquals("one t", generation.text());
    assertEquals(FinishReason.STOP_STRING, generation.stats().finishReason());
    assertTrue(model.isEmpty());
  }

  @Test
  void heldBackTextComesAtTheEnd() {
    ScriptedModel model = ScriptedModel.replying("?", "one tw");
    Generation generation = model.llm.generate("?", options().stop("two").build());
    assertEquals("one tw", generation.text());
    assertEquals(FinishReason.STOP, generation.stats().finishReason());
  }

  @Test
  void maxTokensCountsTokens() {
    ScriptedModel model = alphabet(64);
    Generation generation = model.llm.generate("a", options().maxTokens(3).build());
    assertEquals("bcd", generation.text());
    assertEquals(FinishReason.LENGTH, generation.stats().finishReason());
    Generation none = model.llm.generate("a", options().maxTokens(0).echo(true).build());
    assertEquals("a", none.text());
    assertEquals(0, none.stats().generatedTokens());
  }

  @Test
  void echoYieldsThePromptFirst() {
    ScriptedModel model = alphabet(64);
    Generation generation = model.llm.generate("xy", options().maxTokens(2).echo(true).build());
    List<String> pieces = new ArrayList<>();
    generation.forEach(pieces::add);
    assertEquals(List.of("xy", "z", "a"), pieces);
  }

  @Test
  void ignoreEosGoesOnWithoutText() {
    ScriptedModel model =
        new ScriptedModel(
            64, 64, LlmOptions.defaults(), text -> text.endsWith("<|im_end|>") ? "x" : "");
    Generation generation = model.llm.generate("?", options().maxTokens(3).ignoreEos(true).build());
    assertEquals("x", generation.text());
    assertArrayEquals(new int[] {259, 'x', 259}, generation.tokens());
  }

  @Test
  void specialTokensOfAPromptAreReadOnlyWhenAllowed() {
    ScriptedModel model = alphabet(64);
    Generation plain = model.llm.generate("<s>a", options().maxTokens(1).build());
    Generation parsed =
        model.llm.generate("<s>a", options().maxTokens(1).parseSpecial(true).build());
    Generation bare = model.llm.generate("a", options().maxTokens(1).addSpecial(false).build());
    plain.text();
    parsed.text();
    bare.text();
    assertEquals(5, plain.stats().promptTokens());
    assertEquals(2, parsed.stats().promptTokens(), "no second BOS");
    assertEquals(1, bare.stats().promptTokens());
  }

  @Test
  void promptLongerThanTheContextIsAnErrorWithBothNumbers() {
    ScriptedModel model = alphabet(8);
    LevinException error = assertThrows(LevinException.class, () -> model.llm.generate("12345678"));
    assertTrue(error.getMessage().contains("9 tokens exceed the context of 8"));
    assertTrue(error.getMessage().contains("contextLength"));
    assertTrue(model.isEmpty());
  }

  @Test
  void fullContextEndsTheText() {
    ScriptedModel model = alphabet(8);
    Generation generation = model.llm.generate("a");
    assertEquals("bcdefgh", generation.text());
    assertEquals(FinishReason.CONTEXT_FULL, generation.stats().finishReason());
    Generation full = model.llm.generate("1234567");
    assertEquals("8", full.text(), "a full prompt still has a next token");
  }

  @Test
  void slidingContextDropsTheOlderHalfAndGoesOn() {
    LlmOptions sliding = LlmOptions.builder().slidingContext(true).keepTokens(2).build();
    ScriptedModel model = alphabet(8, sliding);
    Generation generation = model.llm.generate("a", options().maxTokens(30).build());
    assertEquals("bcdefghijklmnopqrstuvwxyzabcde", generation.text());
    assertEquals(FinishReason.LENGTH, generation.stats().finishReason());
    assertTrue(model.isEmpty());
  }

  @Test
  void cancelEndsTheTextFromAnotherThread() throws InterruptedException {
    ScriptedModel model = alphabet(256);
    Generation generation = model.llm.generate("a");
    Iterator<String> pieces = generation.iterator();
    assertEquals("b", pieces.next());
    Thread thread = new Thread(generation::cancel);
    thread.start();
    thread.join();
    assertFalse(pieces.hasNext());
    assertEquals("b", generation.text());
    assertEquals(FinishReason.CANCELLED, generation.stats().finishReason());
    assertTrue(model.isEmpty());
  }

  @Test
  void statsBeforeTheEndHaveNoReason() {
    Generation generation = alphabet(64).llm.generate("a");
    assertNull(generation.stats().finishReason());
    generation.iterator().next();
    assertEquals(1, generation.stats().generatedTokens());
  }

  @Test
  void sameSeedSameText() {
    ScriptedModel model = new ScriptedModel(64, 64, LlmOptions.defaults(), text -> "");
    SamplingOptions sampling = SamplingOptions.builder().temperature(20).seed(5).build();
    GenerationOptions options = options().sampling(sampling).maxTokens(20).build();
    int[] first = read(model.llm.generate("a", options));
    assertArrayEquals(first, read(model.llm.generate("a", options)));
  }

  @Test
  void onlyRequestsThatNeedLogitsBringThemHome() {
    ScriptedModel model = alphabet(64);
    GenerationOptions greedy = options().maxTokens(6).build();
    SamplingOptions penalized = SamplingOptions.builder().repetitionPenalty(1.01).build();
    int[] alone = read(model.llm.generate("a", greedy));
    assertEquals(6, model.pass.numChosen);
    assertEquals(0, model.pass.numChosenLogits);
    Generation first = model.llm.generate("a", greedy);
    Generation second = model.llm.generate("a", greedy.toBuilder().sampling(penalized).build());
    Iterator<String> pieces = second.iterator();
    first.iterator().next();
    while (pieces.hasNext()) {
      pieces.next();
    }
    assertArrayEquals(alone, first.tokens());
    assertArrayEquals(alone, second.tokens());
    assertTrue(model.pass.numChosenLogits > 0 && model.pass.numChosenLogits <= 6);
  }

  private static int[] read(Generation generation) {
    generation.text();
    return generation.tokens();
  }

  @Test
  void failureOfTheDeviceSurfacesWhileReading() {
    ScriptedModel model = alphabet(64);
    Generation generation = model.llm.generate("a");
    Iterator<String> pieces = generation.iterator();
    pieces.next();
    model.pass.failure = new DeviceException(DeviceException.Kind.DEVICE_LOST, "lost");
    assertSame(model.pass.failure, assertThrows(DeviceException.class, pieces::next));
    assertEquals(FinishReason.FAILED, generation.stats().finishReason());
    assertTrue(model.isEmpty());
    model.pass.failure = null;
    assertEquals("b", model.llm.generate("a", options().maxTokens(1).build()).text());
  }

  @Test
  void promptLargerThanTheCacheFails() {
    ScriptedModel model =
        new ScriptedModel(64, 2, LlmOptions.defaults(), text -> next(text.charAt(0)));
    Generation generation = model.llm.generate("123456789");
    LevinException error = assertThrows(LevinException.class, generation::text);
    assertTrue(error.getMessage().startsWith("out of KV pages"), error.getMessage());
    assertTrue(model.isEmpty());
  }

  @Test
  void threadsShareStepsAndGetTheirOwnText() throws Exception {
    LlmOptions four = LlmOptions.builder().maxSequences(4).build();
    ScriptedModel model = new ScriptedModel(64, 20, four, GenerationTest::afterPrompt);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<String>> texts = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String prompt = next((char) ('a' + i % 26));
        GenerationOptions options = options().maxTokens(20).build();
        texts.add(threads.submit(() -> model.llm.generate(prompt, options).text()));
      }
      for (int i = 0; i < 24; i++) {
        char letter = (char) ('a' + i % 26);
        StringBuilder expected = new StringBuilder();
        String last = next(letter);
        for (int k = 0; k < 20; k++) {
          last = next(last.charAt(0));
          expected.append(last);
        }
        assertEquals(expected.toString(), texts.get(i).get());
      }
    }
    assertTrue(model.isEmpty());
    assertTrue(model.pass.mostSequences <= 4);
  }

  private static String afterPrompt(String text) {
    return next(text.charAt(text.length() - 1));
  }

  @Test
  void twoReadersInTurnRunInOneStep() {
    ScriptedModel model = alphabet(64);
    Iterator<String> first = model.llm.generate("a").iterator();
    Iterator<String> second = model.llm.generate("k").iterator();
    assertEquals("b", first.next());
    assertEquals("l", second.next());
    int steps = model.pass.numSteps;
    for (String letter : List.of("m", "n", "o")) {
      first.next();
      assertEquals(letter, second.next());
    }
    assertEquals(2, model.pass.mostSequences);
    assertTrue(model.pass.numSteps <= steps + 3, "steps: " + (model.pass.numSteps - steps));
  }

  @Test
  void readerWhoStaysAwayIsNotComputedFor() {
    ScriptedModel model = alphabet(200);
    Generation idle = model.llm.generate("a");
    idle.iterator().next();
    model.llm.generate("a", options().maxTokens(150).build()).text();
    assertTrue(idle.stats().generatedTokens() <= 33, "got " + idle.stats().generatedTokens());
  }

  @Test
  void closedModelRefusesEverythingButClosing() {
    ScriptedModel model = alphabet(64);
    Iterator<String> pieces = model.llm.generate("a").iterator();
    pieces.next();
    model.llm.close();
    model.llm.close();
    assertTrue(model.pass.closed && model.device.closed && model.source.closed);
    assertThrows(IllegalStateException.class, pieces::next);
    assertThrows(IllegalStateException.class, () -> model.llm.generate("a"));
    assertThrows(IllegalStateException.class, () -> model.llm.tokenize("a"));
    assertThrows(IllegalStateException.class, () -> model.llm.embed("a"));
    assertThrows(IllegalStateException.class, model.llm::engine);
  }

  @Test
  void embedScalesToLengthOne() {
    ScriptedModel model = alphabet(64);
    assertArrayEquals(new float[] {4, 'c'}, model.llm.embed("abc", false));
    float[] unit = model.llm.embed("abc");
    assertEquals(1, Math.hypot(unit[0], unit[1]), 1e-6);
    assertEquals(4f / 'c', unit[0] / unit[1], 1e-6);
  }

  @Test
  void optionsNameWhatIsOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> options().maxTokens(-1).build());
    assertThrows(IllegalArgumentException.class, () -> options().stop("").build());
    GenerationOptions options = options().maxTokens(3).stop("x").echo(true).build();
    assertEquals(options, options.toBuilder().build());
    LlmOptions.Builder builder = LlmOptions.builder().maxSequences(0);
    String message = assertThrows(IllegalArgumentException.class, builder::build).getMessage();
    assertEquals("maxSequences is 0, expected 1 or more", message);
  }
}
