package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Tuning.Knob;
import dev.levin.core.op.Linear;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("opencl")
class TuningTest {
  private static final long SEED = 20261121;
  private static final int TOKENS = 13;
  private static final int ROWS = 70;
  private static final int VALUES = 1100;

  @TempDir private Path folder;

  private OpenClTuning tuning(OpenClDevice device) {
    return new OpenClTuning(device, new TuningFile(Optional.of(folder)));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> listed = Files.list(folder)) {
      return listed.toList();
    }
  }

  @Test
  void keepsWhatWasFoundAndNothingElse() throws IOException {
    OpenClDevice device = OpenClTests.device();
    OpenClTuning tuning = tuning(device);
    assertEquals(LaunchSizes.of(device).values().get("warps"), tuning.current().get("warps"));
    Path file = Path.of(tuning.store(Map.of("warps", 2)));
    tuning.store(Map.of("warps", 4));
    assertEquals(List.of(file), files());
    assertEquals(4, tuning.current().get("warps"));
    LaunchSizes table = LaunchSizes.of(device);
    LaunchSizes kept = new TuningFile(Optional.of(folder)).sizes(device);
    assertEquals(table.with(Map.of("warps", 4)), kept);
  }

  @Test
  void damagedFilesAndImpossibleSizesAreLeftAlone() throws IOException {
    OpenClDevice device = OpenClTests.device();
    OpenClTuning tuning = tuning(device);
    Path file = Path.of(tuning.store(Map.of("warps", 2)));
    Map<String, Integer> table = Map.copyOf(LaunchSizes.of(device).values());
    for (String text :
        List.of("warps=many", "warps=-3", "tileTokens=1048576", "attentionRows=3", "\\u00zz")) {
      Files.writeString(file, text);
      assertEquals(table.get("warps"), tuning.current().get("warps"), text);
    }
    assertFalse(tuning.isPossible(Map.of("attentionRows", 0)));
    assertTrue(tuning.isPossible(Map.of()));
  }

  @Test
  void withoutAFolderThereIsNothingToKeep() {
    OpenClDevice device = OpenClTests.device();
    OpenClTuning tuning = new OpenClTuning(device, new TuningFile(Optional.empty()));
    assertEquals(LaunchSizes.of(device).values().get("warps"), tuning.current().get("warps"));
    assertThrows(IOException.class, () -> tuning.store(Map.of("warps", 2)));
  }

  /** What is tuned moves work and changes no bit. */
  @Test
  void resultsDoNotDependOnTheNumbers() {
    OpenClTuning tuning = tuning(OpenClTests.device());
    float[] expected = product(tuning, Map.of());
    for (Knob knob : tuning.knobs()) {
      for (int candidate : List.of(knob.candidates().getFirst(), knob.candidates().getLast())) {
        Map<String, Integer> values = Map.of(knob.name(), candidate);
        if (knob.op().equals("Linear") && tuning.isPossible(values)) {
          assertArrayEquals(expected, product(tuning, values), values.toString());
        }
      }
    }
  }

  private static float[] product(OpenClTuning tuning, Map<String, Integer> values) {
    Random random = new Random(SEED);
    try (Backend backend = tuning.open(values)) {
      Tensor x = floats(backend, random, TOKENS, VALUES);
      Tensor weight = floats(backend, random, ROWS, VALUES);
      Tensor out = floats(backend, random, TOKENS, ROWS);
      backend.launch(new Linear(x, weight, null, null, out, 1), backend.stream());
      Tensor one = out.slice(0, 0, 1);
      backend.launch(new Linear(x.slice(0, 0, 1), weight, null, one, one, -1), backend.stream());
      float[] result = new float[TOKENS * ROWS];
      backend.download(out, MemorySegment.ofArray(result), backend.stream());
      for (int n = 0; n < ROWS; n++) {
        assertEquals(0, result[n], "one token alone against its row among " + TOKENS);
      }
      return result;
    }
  }

  private static Tensor floats(Backend backend, Random random, long rows, long columns) {
    float[] values = new float[Math.toIntExact(rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Buffer buffer = backend.allocate(4L * values.length);
    Tensor tensor = Tensor.of(DType.F32, Shape.of(rows, columns), buffer, 0);
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
    return tensor;
  }
}
