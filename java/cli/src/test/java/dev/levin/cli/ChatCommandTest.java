package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chat over piped lines, with the embedded demo model. */
class ChatCommandTest {
  private static final String FRANCE = "What is the capital of France?";
  private static final String PARIS = "The capital of France is Paris.";
  private static final String COW = "What sound does a cow make?";

  @TempDir private Path folder;

  private static Run chat(String... lines) {
    return Run.withInput(String.join("\n", lines), "chat");
  }

  @Test
  void answersLinesUntilTheInputEnds() {
    assertEquals(PARIS + "\n", chat(FRANCE).succeeded());
    assertEquals(2, chat("", FRANCE, "  ", COW, "").succeeded().lines().count());
  }

  @Test
  void leavesOnCommand() {
    assertEquals("", chat("/quit", FRANCE).succeeded());
    assertEquals("", chat("/exit", FRANCE).succeeded());
  }

  @Test
  void answersAgain() {
    assertEquals(PARIS + "\n" + PARIS + "\n", chat(FRANCE, "/regenerate").succeeded());
  }

  @Test
  void savesAndLoadsMessages() throws IOException {
    Path file = folder.resolve("chat.json");
    chat(FRANCE, "/system You are kind.", "/save " + file).succeeded();
    JsonNode saved = new ObjectMapper().readTree(file.toFile());
    assertEquals(3, saved.size());
    assertEquals("You are kind.", saved.get(0).get("content").asText());
    assertEquals(FRANCE, saved.get(1).get("content").asText());
    assertEquals(PARIS, saved.get(2).get("content").asText());

    Path copy = folder.resolve("copy.json");
    chat("/load " + file, "/save " + copy).succeeded();
    assertEquals(Files.readString(file), Files.readString(copy));
  }

  @Test
  void takesBackAndForgets() throws IOException {
    Path file = folder.resolve("chat.json");
    chat("/system S", FRANCE, COW, "/undo", "/save " + file).succeeded();
    assertEquals(3, new ObjectMapper().readTree(file.toFile()).size());
    chat("/system S", FRANCE, "/clear", "/save " + file).succeeded();
    assertEquals(1, new ObjectMapper().readTree(file.toFile()).size());
    chat("/system S", FRANCE, "/clear", "/system", "/save " + file).succeeded();
    assertEquals(0, new ObjectMapper().readTree(file.toFile()).size());
  }

  @Test
  void tellsFiguresAndHelp() {
    Run run = chat("/help", "/context", FRANCE, "/stats", "/context");
    assertEquals(PARIS + "\n", run.succeeded());
    assertTrue(run.err().contains("/regenerate"), run.err());
    assertTrue(run.err().contains("0 of 2048 tokens used"), run.err());
    assertEquals(2, run.err().split("\\[prompt ", -1).length - 1);
  }

  @Test
  void endsWithTheFirstMistakeOfAScript() {
    assertTrue(chat("/nonsense", FRANCE).refused().contains("/nonsense"));
    assertTrue(chat("/undo").refused().contains("nothing has been said"));
    assertTrue(chat("/stats").refused().contains("no answer yet"));
    assertTrue(chat("/quit now").refused().contains("/quit"));
    assertTrue(chat("/save").refused().contains("needs a file"));
    assertTrue(chat("/load missing.json").refused().contains("missing.json"));
  }
}
