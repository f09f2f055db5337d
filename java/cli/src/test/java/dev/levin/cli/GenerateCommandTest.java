package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** End to end on the embedded demo model, whose greedy texts are golden data. */
class GenerateCommandTest {
  private static final String PROMPT = "Once upon a time";

  static Stream<JsonNode> goldenTexts() throws IOException {
    JsonNode rows = new ObjectMapper().readTree(Golden.path("demo/expected.json").toFile());
    return StreamSupport.stream(rows.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("goldenTexts")
  void printsTheTextAlone(JsonNode golden) {
    List<String> args = new ArrayList<>(List.of("generate"));
    if (golden.get("chat").asBoolean()) {
      args.add("--chat");
    }
    args.addAll(List.of("-n", golden.get("max_tokens").asText(), golden.get("prompt").asText()));
    Run run = Run.of(args.toArray(String[]::new));
    assertEquals(golden.get("text").asText(), run.succeeded());
  }

  @Test
  void printsStatisticsUnlessQuiet() {
    String line = Run.of("generate", "-n", "3", PROMPT).err().strip();
    assertTrue(
        line.matches(
            "\\[prompt 5 tokens, [\\d.]+ t/s \\| generated 3 tokens, [\\d.]+ t/s"
                + " \\| first token [\\d.]+ m?s \\| load [\\d.]+ m?s"
                + " \\| peak memory [\\d.]+ [MG]iB \\| ended by -n\\]"),
        line);
    assertEquals("", Run.of("generate", "--quiet", "-n", "3", PROMPT).err());
  }

  @Test
  void readsThePromptFromStandardInput() {
    String expected = Run.of("generate", "-n", "5", PROMPT).succeeded();
    assertEquals(expected, Run.withInput(PROMPT + "\n", "generate", "-n", "5", "-").succeeded());
    assertEquals(expected, Run.withInput(PROMPT, "generate", "-n", "5", "-").succeeded());
  }

  @Test
  void endsBeforeAStopText() {
    assertEquals(
        ", there was a quiet girl",
        Run.of("generate", "--stop", " named", "--stop", "nowhere", PROMPT).succeeded());
  }

  @Test
  void drawsTheSameTokensFromTheSameSeed() {
    String[] args = {"generate", "-n", "20", "--temp", "1.5", "--seed", "7", PROMPT};
    assertEquals(Run.of(args).succeeded(), Run.of(args).succeeded());
  }

  @Test
  void tellsOptionsWithoutEffect() {
    Run run = Run.of("generate", "-n", "1", "--top-k", "5", "--min-p", "0.1", PROMPT);
    assertTrue(run.err().startsWith("levin: --top-k, --min-p without effect"), run.err());
  }

  @Test
  void generatesNothingWhenAskedFor() {
    assertEquals("", Run.of("generate", "-n", "0", PROMPT).succeeded());
  }

  @Test
  void refusesAPromptBeyondTheContext() {
    String line = Run.of("generate", "--ctx", "8", PROMPT.repeat(10)).refused();
    assertTrue(line.contains("8"), line);
  }

  @Test
  void endsQuietlyWhenNobodyReads() {
    Run run = Run.to(failing("Broken pipe"), "", "generate", PROMPT);
    assertEquals(ExitCode.OK, run.code());
    assertEquals("", run.err());
  }

  @Test
  void tellsInOneLineThatMemoryIsShort() {
    OutputStream greedy =
        new OutputStream() {
          @Override
          public void write(int value) {
            throw new OutOfMemoryError("Java heap space");
          }
        };
    String line = Run.to(greedy, "", "generate", PROMPT).refused();
    assertTrue(line.startsWith("levin: out of memory: Java heap space"), line);
  }

  @Test
  void reportsAFullDisk() {
    Run run = Run.to(failing("No space left on device"), "", "generate", PROMPT);
    assertEquals("levin: standard output: No space left on device", run.refused());
  }

  private static OutputStream failing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        throw new IOException(reason);
      }
    };
  }
}
