package dev.levin.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.testkit.Golden;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Damages the demo model in many ways; whatever happens, it has to be a ModelFormatException. */
class GgufFuzzTest {
  private static final int RUNS = 2000;
  private static final long SEED = 20260101;
  private static final long[] TELLING = {
    0, 1, -1, 1L << 60, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 0xffffffffL, 255, 1 << 20
  };

  private final byte[] original = Golden.bytes(Golden.embeddedDemo());
  private final int headerBytes = headerBytes();

  private int headerBytes() {
    try (ModelSource model = ModelFiles.open(Golden.embeddedDemo())) {
      return (int) model.weights().get(model.weights().names().iterator().next()).offset();
    }
  }

  @Test
  void onlyModelFormatExceptionsComeOut() {
    int opened = 0;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(original.length, 64);
      MemorySegment.copy(original, 0, memory, ValueLayout.JAVA_BYTE, 0, original.length);
      for (int run = 0; run < RUNS; run++) {
        long seed = SEED + run;
        MemorySegment.copy(original, 0, memory, ValueLayout.JAVA_BYTE, 0, headerBytes);
        MemorySegment damaged = damage(memory, new SplittableRandom(seed));
        try {
          ModelSource model = ModelFiles.openGguf("fuzzed", damaged, Arena.ofShared());
          opened++;
          touchAll(model);
        } catch (ModelFormatException e) {
          assertTrue(e.getMessage().startsWith("fuzzed: "), e.getMessage());
        } catch (RuntimeException | Error e) {
          throw new AssertionError("seed " + seed, e);
        }
      }
    }
    assertTrue(opened > RUNS / 10 && opened < RUNS / 2, opened + " could be opened");
  }

  /** Changes bytes of the header and perhaps cuts the end; tensor data is of no interest. */
  private MemorySegment damage(MemorySegment memory, SplittableRandom random) {
    int changes = 1 + random.nextInt(2);
    for (int i = 0; i < changes; i++) {
      int at = position(random);
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
        case 3, 4 -> flipBit(memory, at, random.nextInt(8));
        case 5 ->
            memory.set(
                ValueLayout.JAVA_LONG_UNALIGNED, at, TELLING[random.nextInt(TELLING.length)]);
        case 6 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, random.nextInt(64));
        case 7 -> insert(memory, at, 1 + random.nextInt(64));
        default -> remove(memory, at, 1 + random.nextInt(64));
      }
    }
    if (random.nextInt(10) == 0) {
      return memory.asSlice(0, 1 + random.nextInt(random.nextBoolean() ? 2000 : original.length));
    }
    return memory;
  }

  /** Where it hurts: the front, the vocabulary or the tensor descriptions. */
  private int position(SplittableRandom random) {
    int usable = headerBytes - 128;
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(1200);
      case 1 -> random.nextInt(usable);
      default -> usable - random.nextInt(2500);
    };
  }

  private static void flipBit(MemorySegment memory, int at, int bit) {
    byte old = memory.get(ValueLayout.JAVA_BYTE, at);
    memory.set(ValueLayout.JAVA_BYTE, at, (byte) (old ^ 1 << bit));
  }

  private void insert(MemorySegment memory, int at, int length) {
    MemorySegment.copy(memory, at, memory, at + length, headerBytes - at - length);
  }

  private void remove(MemorySegment memory, int at, int length) {
    MemorySegment.copy(memory, at + length, memory, at, headerBytes - at - length);
  }

  private static void touchAll(ModelSource opened) {
    try (ModelSource model = opened) {
      touch(model.metadata().values());
      model.chatTemplate();
      for (String name : model.weights().names()) {
        touchEnds(model.weights().get(name));
      }
      if (model.hasTokenizer()) {
        model.tokenizer().decode(model.tokenizer().encode("once upon a time", true, true), false);
      }
      model.endTokens();
    }
  }

  private static void touch(Object value) {
    switch (value) {
      case Map<?, ?> map -> map.values().forEach(GgufFuzzTest::touch);
      case List<?> list -> list.forEach(GgufFuzzTest::touch);
      default -> value.toString();
    }
  }

  private static void touchEnds(Tensor tensor) {
    if (tensor.byteSize() > 0) {
      MemorySegment data = HostBuffer.segmentOf(tensor);
      data.get(ValueLayout.JAVA_BYTE, tensor.offset());
      data.get(ValueLayout.JAVA_BYTE, tensor.offset() + tensor.byteSize() - 1);
    }
  }
}
