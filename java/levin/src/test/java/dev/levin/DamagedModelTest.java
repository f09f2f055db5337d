package dev.levin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;
import dev.levin.formats.ModelFiles;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose files are sound but whose contents do not fit together. */
class DamagedModelTest {
  private static final long SEED = 20261121;
  private static final int MUTATIONS = 500;

  @TempDir private Path folder;

  private static byte[] golden() {
    return Golden.bytes(Golden.path("gguf/llama.gguf"));
  }

  private static int find(byte[] bytes, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    throw new AssertionError("no '" + text + "' in the file");
  }

  private static byte[] replace(String text, String replacement) {
    byte[] bytes = golden();
    byte[] with = replacement.getBytes(StandardCharsets.UTF_8);
    assertEquals(text.length(), with.length);
    System.arraycopy(with, 0, bytes, find(bytes, text), with.length);
    return bytes;
  }

  private String failure(byte[] bytes) throws IOException {
    Path file = folder.resolve("damaged.gguf");
    Files.write(file, bytes);
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> Llm.load(file).close());
    assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
    assertFalse(error.getMessage().contains("\n"), error.getMessage());
    return error.getMessage().substring(file.toString().length());
  }

  @Test
  void missingTensorIsNamed() throws IOException {
    String message = failure(replace("blk.1.attn_k.weight", "blk.1.attn_z.weight"));
    assertEquals(": tensor 'blk.1.attn_k.weight' is missing", message);
  }

  @Test
  void shapeThatTheConfigurationContradictsIsNamed() throws IOException {
    byte[] bytes = golden();
    String key = "llama.feed_forward_length";
    int valueAt = find(bytes, key) + key.length() + Integer.BYTES;
    bytes[valueAt] = 96;
    assertEquals(
        ": tensor 'blk.0.ffn_gate.weight' has shape [128,64], the configuration asks for [96,64]",
        failure(bytes));
  }

  @Test
  void unknownArchitectureIsNamedWithTheKnownOnes() throws IOException {
    byte[] bytes = golden();
    int at = find(bytes, "general.architecture") + "general.architecture".length() + 12;
    bytes[at] = 'k';
    String message = failure(bytes);
    assertTrue(message.startsWith(": 'general.architecture' is 'klama'"), message);
    assertTrue(message.contains("qwen3moe"), message);
  }

  @Test
  void mutatedHeadersNeverThrowAnythingElse() throws IOException {
    Random random = new Random(SEED);
    byte[] sound = golden();
    Path file = folder.resolve("mutated.gguf");
    LlmOptions options = LlmOptions.defaults();
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes = sound.clone();
      int flips = 1 + random.nextInt(4);
      for (int f = 0; f < flips; f++) {
        bytes[random.nextInt(14_000)] = (byte) random.nextInt();
      }
      Files.write(file, bytes);
      try (Llm llm = Llm.load(ModelFiles.open(file), options)) {
        assertTrue(llm.config().vocabSize() > 0);
      } catch (ModelFormatException e) {
        assertFalse(e.getMessage().isBlank());
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + SEED + ", mutation " + i, e);
      }
    }
  }
}
