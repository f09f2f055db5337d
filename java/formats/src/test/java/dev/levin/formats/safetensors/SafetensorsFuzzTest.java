package dev.levin.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damages headers and configurations; only ModelFormatExceptions may come out. */
class SafetensorsFuzzTest {
  private static final int RUNS = 2000;
  private static final long SEED = 20260102;
  private static final String[] TELLING = {
    "", "null", "-1", "1e999", "[[", "{", "}", "\"", ",", "9223372036854775807", "\\u0000", "NaN"
  };

  @Test
  void headers() {
    byte[] file = Golden.bytes(Golden.path("models/llama/model.safetensors"));
    int headerEnd = 8 + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    int refused = 0;
    for (int run = 0; run < RUNS; run++) {
      SplittableRandom random = new SplittableRandom(SEED + run);
      byte[] header = damaged(Arrays.copyOfRange(file, 8, headerEnd), random);
      byte[] bytes = SafetensorsBytes.withLength(header.length, header, file.length - headerEnd);
      try (Arena arena = Arena.ofConfined()) {
        for (Tensor tensor : SafetensorsBytes.open(bytes, arena).values()) {
          long last = tensor.offset() + tensor.byteSize() - 1;
          HostBuffer.segmentOf(tensor).get(ValueLayout.JAVA_BYTE, last);
        }
      } catch (ModelFormatException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + (SEED + run), e);
      }
    }
    assertTrue(refused > RUNS / 2, "only " + refused + " were refused");
  }

  @Test
  void configurations(@TempDir Path folder) throws IOException {
    byte[] config = Golden.bytes(Golden.path("models/mamba2/config.json"));
    SafetensorsBytes.write(folder.resolve("model.safetensors"), "a");
    for (int run = 0; run < RUNS / 4; run++) {
      SplittableRandom random = new SplittableRandom(SEED - run);
      Files.write(folder.resolve("config.json"), damaged(config, random));
      try (ModelSource model = ModelFiles.open(folder)) {
        model.metadata().values().toString();
      } catch (ModelFormatException e) {
        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + (SEED - run), e);
      }
    }
  }

  private static byte[] damaged(byte[] original, SplittableRandom random) {
    byte[] bytes = original.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] = (byte) (bytes[at] ^ 1 << random.nextInt(8));
        case 2 -> bytes = replaced(bytes, at, TELLING[random.nextInt(TELLING.length)], random);
        default -> bytes = Arrays.copyOf(bytes, random.nextInt(8) == 0 ? at + 1 : bytes.length);
      }
    }
    return bytes;
  }

  private static byte[] replaced(byte[] bytes, int at, String text, SplittableRandom random) {
    int end = Math.min(bytes.length - 1, at + random.nextInt(12));
    ByteBuffer out = ByteBuffer.allocate(bytes.length + text.length());
    out.put(bytes, 0, at)
        .put(text.getBytes(StandardCharsets.US_ASCII))
        .put(bytes, end, bytes.length - end);
    return Arrays.copyOf(out.array(), out.position());
  }
}
