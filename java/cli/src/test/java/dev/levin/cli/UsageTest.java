package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  private static final List<String> SUBCOMMANDS =
      List.of(
          "generate", "chat", "inspect", "tokenize", "logits", "render", "devices", "synthesize");

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
}
