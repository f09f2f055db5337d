package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  private static final List<String> SUBCOMMANDS =
      List.of(
          "generate",
          "chat",
          "inspect",
          "tokenize",
          "logits",
          "render",
          "devices",
          "synthesize",
          "bench",
          "perplexity",
          "quantize");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "generate",
        "generate --nonsense x",
        "generate -n many x",
        "generate -n -2 x",
        "generate --temp warm x",
        "generate --temp -1 x",
        "generate --top-k -1 x",
        "generate --top-p 2 x",
        "generate --min-p 2 x",
        "generate --repeat-penalty 0 x",
        "generate --ctx -1 x",
        "generate --kv-dtype i8 x",
        "generate --activations q8_0 x",
        "generate --threads 0 x",
        "generate --system s x",
        "generate x y",
        "tokenize",
        "tokenize --ids --pieces x",
        "tokenize --detokenize 1,x",
        "tokenize --detokenize 1,-2",
        "tokenize --detokenize 999999999",
        "logits -o out.f32",
        "logits --tokens 1",
        "logits --tokens 1,2, -o out.f32",
        "logits --tokens 1 --chunk -1 -o out.f32",
        "render",
        "render --messages m.json --bos x",
        "render --messages m.json --date 2024-02-30",
        "devices --nonsense",
        "synthesize llama-1b",
        "synthesize no-such-shape -o out.gguf",
        "bench -p x",
        "bench -p 1,,2",
        "bench -p -1",
        "bench -p 0 -n 0",
        "bench -pg 5",
        "bench -r 0",
        "bench -b 0",
        "bench -d -1",
        "bench -t 0",
        "bench -p 999999",
        "bench --kv-dtype f32,i8",
        "bench --backend nonsense",
        "bench --kernels nonsense",
        "bench --synthetic no-such-shape",
        "bench -m no-such-file.gguf",
        "bench -o pdf",
        "bench --save results.pdf",
        "bench nonsense",
        "bench kernels --op (",
        "bench kernels --op nonsense",
        "bench kernels --shapes nonsense",
        "bench kernels --tokens 0",
        "bench kernels --baseline no-such-file.json",
        "bench roofline --results no-such-file.json",
        "perplexity",
        "perplexity -f no-such-file.txt",
        "perplexity -f no-such-file.txt --chunk 1",
        "perplexity -f pom.xml --chunk 999999",
        "perplexity -f pom.xml --chunk 4 --skip 3",
        "quantize",
        "quantize -m no-such-file.gguf -o out.gguf --type Q8_0",
        "quantize -m pom.xml -o out.gguf --type Q17",
        "quantize -m pom.xml -o out.gguf --type Q8_0 --threads 0",
      })
  void refusesInOneLine(String line) {
    Run.of(line.isEmpty() ? new String[0] : line.split(" ")).refused();
  }

  @Test
  void refusesAnEmptyPath() {
    String line = Run.of("inspect", "-m", "").refused();
    assertTrue(line.contains("--model") && line.contains("empty"), line);
  }

  @Test
  void helpNamesEverySubcommand() {
    String help = Run.of("--help").succeeded();
    for (String subcommand : SUBCOMMANDS) {
      assertTrue(help.contains("  " + subcommand + " "), subcommand);
      String own = Run.of(subcommand, "--help").succeeded();
      assertTrue(own.startsWith("Usage: levin " + subcommand), own);
      assertFalse(own.contains("\u001b"), "colours without a terminal");
    }
  }

  @Test
  void versionNamesJdkAndSystem() {
    List<String> lines = Run.of("--version").succeeded().lines().toList();
    assertEquals(3, lines.size());
    assertTrue(lines.get(0).matches("levin \\d+\\.\\d+\\.\\d+.*"), lines.get(0));
    assertTrue(lines.get(1).startsWith("JDK " + Runtime.version()), lines.get(1));
    assertTrue(lines.get(2).startsWith(System.getProperty("os.name")), lines.get(2));
  }

  @Test
  void doesNotReadArgumentsFromFiles() {
    assertEquals(
        "@nothing", Run.of("tokenize", "--detokenize", "@nothing").refused().split("'")[1]);
  }

  @ParameterizedTest
  @CsvSource({
    "--temp, -1",
    "--top-k, -1",
    "--top-p, 2",
    "--min-p, 2",
    "--repeat-penalty, 0",
    "--presence-penalty, NaN",
    "--frequency-penalty, NaN"
  })
  void wrongSamplingOptionsAreCalledWhatTheUserTyped(String option, String value) {
    String message = Run.of("generate", option, value, "x").refused();
    assertTrue(message.startsWith("levin: " + option + " is "), message);
  }

  @Test
  void helpThatCannotBeWrittenIsAnError() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    Run run = Run.to(full, "", "--help");
    assertEquals(ExitCode.USER, run.code());
    assertEquals("levin: standard output: No space left on device", run.err().strip());
  }
}
