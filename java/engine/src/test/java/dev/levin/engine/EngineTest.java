package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DeviceException;
import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.KvLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineTest {
  private static final int VOCAB_SIZE = 11;
  private static final int CONTEXT = 64;
  private static final ScriptedPass.Script SCRIPT = ScriptedPass.hashing(VOCAB_SIZE);

  private ScriptedPass pass;

  private Engine engine(int numPages, int stateSlots, int maxTokens) {
    KvLayout layout = new KvLayout(4, numPages, stateSlots);
    pass = new ScriptedPass(layout, SCRIPT);
    return new Engine(pass, new EngineLimits(VOCAB_SIZE, 2, CONTEXT, maxTokens, 8, layout));
  }

  @Test
  void logitsFollowTheLastToken() {
    Engine engine = engine(16, 0, 512);
    Sequence sequence = engine.newSequence();
    sequence.append(1, 2, 3);
    assertArrayEquals(SCRIPT.logits(new int[] {1, 2, 3}), engine.logits(sequence));
    assertEquals(3, sequence.cachedLength());
    engine.logits(sequence);
    assertEquals(1, pass.numSteps, "logits at hand are not computed again");
  }

  @Test
  void severalSequencesShareAStep() {
    Engine engine = engine(16, 0, 512);
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      Sequence sequence = engine.newSequence();
      sequence.append(Arrays.copyOf(new int[] {7, 8, 9}, i));
      sequences.add(sequence);
    }
    float[][] logits = engine.step(sequences);
    assertEquals(1, pass.numSteps);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(SCRIPT.logits(sequences.get(i).tokens()), logits[i]);
    }
  }

  @Test
  void longPromptsRunInChunks() {
    Engine engine = engine(16, 0, 7);
    Sequence sequence = engine.newSequence();
    sequence.append(new int[20]);
    engine.logits(sequence);
    assertEquals(3, pass.numSteps);
    assertEquals(7, pass.mostTokens);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void rollbackAndNewTokensGiveTheLogitsOfTheNewText(int stateSlots) {
    Engine engine = engine(16, stateSlots, 512);
    Sequence sequence = engine.newSequence();
    sequence.append(1, 2, 3, 4, 5, 6);
    engine.logits(sequence);
    sequence.rollback(3);
    assertArrayEquals(SCRIPT.logits(new int[] {1, 2, 3}), engine.logits(sequence));
    sequence.append(9);
    assertArrayEquals(SCRIPT.logits(new int[] {1, 2, 3, 9}), engine.logits(sequence));
  }

  @Test
  void forkKnowsTheLogitsOfItsOrigin() {
    Engine engine = engine(16, 0, 512);
    Sequence sequence = engine.newSequence();
    sequence.append(1, 2);
    float[] logits = engine.logits(sequence).clone();
    Sequence fork = sequence.fork();
    sequence.append(3);
    engine.logits(sequence);
    assertArrayEquals(logits, engine.logits(fork));
    assertEquals(2, pass.numSteps);
  }

  @Test
  void logitsOfEveryPositionInAnyChunks() {
    Engine engine = engine(16, 0, 512);
    int[] tokens = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
    for (int chunk : new int[] {0, 1, 3, 7, 100}) {
      List<Integer> positions = new ArrayList<>();
      engine.forEachLogits(
          tokens,
          chunk,
          (position, logits) -> {
            positions.add(position);
            int[] prefix = Arrays.copyOf(tokens, position + 1);
            assertArrayEquals(SCRIPT.logits(prefix), logits, "chunk " + chunk);
          });
      assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), positions);
    }
    assertEquals(16, engine.freePages());
  }

  @Test
  void logitsOfEveryPositionSurviveLosingTheCacheInBetween() throws InterruptedException {
    Engine engine = engine(3, 0, 512);
    Sequence intruder = engine.newSequence();
    intruder.append(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    Thread thread = new Thread(() -> engine.logits(intruder));
    int[] tokens = {3, 1, 4, 1, 5, 9, 2, 6};
    engine.forEachLogits(
        tokens,
        3,
        (position, logits) -> {
          assertArrayEquals(SCRIPT.logits(Arrays.copyOf(tokens, position + 1)), logits);
          if (position == 2) {
            thread.start();
            while (!engine.lock().hasQueuedThread(thread)) {
              Thread.onSpinWait();
            }
          }
        });
    thread.join();
    assertEquals(3 + 10 + 3 + 5, pass.numTokens, "the first chunk is computed twice");
  }

  @Test
  void stepWithinAStepIsRefused() {
    Engine engine = engine(16, 0, 512);
    Sequence sequence = engine.newSequence();
    sequence.append(1);
    assertThrows(
        IllegalStateException.class,
        () -> engine.forEachLogits(new int[] {1}, 0, (position, row) -> engine.logits(sequence)));
    assertArrayEquals(SCRIPT.logits(new int[] {1}), engine.logits(sequence));
  }

  @Test
  void hiddenStateOfTheLastToken() {
    Engine engine = engine(16, 0, 4);
    assertArrayEquals(new float[] {6, 9}, engine.lastHidden(new int[] {5, 5, 5, 5, 5, 9}));
  }

  @Test
  void misuseIsRefusedAndChangesNothing() {
    Engine engine = engine(32, 0, 512);
    Sequence sequence = engine.newSequence();
    assertThrows(IllegalArgumentException.class, () -> engine.logits(sequence));
    assertThrows(IllegalArgumentException.class, () -> sequence.append(1, VOCAB_SIZE));
    assertThrows(IllegalArgumentException.class, () -> sequence.append(-1));
    assertEquals(0, sequence.length());
    LevinException error =
        assertThrows(LevinException.class, () -> sequence.append(new int[CONTEXT + 1]));
    assertTrue(error.getMessage().contains("65 tokens exceed the context of 64"));
    sequence.append(1);
    assertThrows(IllegalArgumentException.class, () -> engine.step(List.of(sequence, sequence)));
    assertThrows(IllegalArgumentException.class, () -> sequence.rollback(2));
    Engine other = engine(16, 0, 512);
    assertThrows(IllegalArgumentException.class, () -> other.logits(sequence));
  }

  @Test
  void failureOfTheDeviceLeavesTheSequenceUsable() {
    Engine engine = engine(16, 2, 512);
    Sequence sequence = engine.newSequence();
    sequence.append(1, 2, 3);
    engine.logits(sequence);
    sequence.append(4);
    pass.failure = new DeviceException(DeviceException.Kind.INTERNAL, "gone");
    assertSame(pass.failure, assertThrows(DeviceException.class, () -> engine.logits(sequence)));
    pass.failure = null;
    assertArrayEquals(SCRIPT.logits(new int[] {1, 2, 3, 4}), engine.logits(sequence));
  }

  @Test
  void closedEngineRefusesEverythingButClosing() {
    Engine engine = engine(16, 0, 512);
    Sequence sequence = engine.newSequence();
    sequence.append(1);
    engine.close();
    engine.close();
    assertTrue(pass.closed);
    assertThrows(IllegalStateException.class, engine::newSequence);
    assertThrows(IllegalStateException.class, () -> engine.logits(sequence));
    assertThrows(IllegalStateException.class, sequence::fork);
    sequence.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void randomOperationsAgreeWithPlainLists(int stateSlots) {
    for (long seed = 0; seed < 60; seed++) {
      new RandomOperations(seed, stateSlots).run();
    }
  }

  /** Seeded operations on sequences beside the same operations on lists of tokens. */
  private final class RandomOperations {
    private static final int PAGES = 12;

    private final Random random;
    private final String label;
    private final int stateSlots;
    private final Engine engine;
    private final Map<Sequence, List<Integer>> model = new HashMap<>();
    private final List<Sequence> live = new ArrayList<>();

    RandomOperations(long seed, int stateSlots) {
      this.random = new Random(seed);
      this.label = "seed " + seed;
      this.stateSlots = stateSlots;
      this.engine = engine(PAGES, stateSlots, 1 + random.nextInt(20));
    }

    void run() {
      for (int i = 0; i < 150; i++) {
        operate();
      }
      live.forEach(Sequence::close);
      assertEquals(PAGES, engine.freePages(), label + ": pages");
      assertEquals(stateSlots, engine.freeStateSlots(), label + ": slots");
    }

    private void operate() {
      if (live.isEmpty() || (live.size() < 6 && random.nextInt(8) == 0)) {
        keep(engine.newSequence(), new ArrayList<>());
        return;
      }
      Sequence sequence = live.get(random.nextInt(live.size()));
      List<Integer> tokens = model.get(sequence);
      switch (random.nextInt(6)) {
        case 0, 1 -> append(sequence, tokens);
        case 2 -> step(sequence);
        case 3 -> {
          int count = random.nextInt(tokens.size() + 1);
          sequence.rollback(count);
          tokens.subList(tokens.size() - count, tokens.size()).clear();
        }
        case 4 -> {
          if (live.size() < 6) {
            keep(sequence.fork(), new ArrayList<>(tokens));
          }
        }
        default -> {
          if (random.nextInt(4) == 0) {
            sequence.close();
            model.remove(sequence);
            live.remove(sequence);
          }
        }
      }
    }

    private void keep(Sequence sequence, List<Integer> tokens) {
      live.add(sequence);
      model.put(sequence, tokens);
    }

    private void append(Sequence sequence, List<Integer> tokens) {
      int count = Math.min(random.nextInt(8), 20 - tokens.size());
      for (int i = 0; i < count; i++) {
        int token = random.nextInt(VOCAB_SIZE);
        sequence.append(token);
        tokens.add(token);
      }
    }

    /** Steps one or two sequences; two of 20 tokens fit the pool together. */
    private void step(Sequence sequence) {
      List<Sequence> chosen = new ArrayList<>(List.of(sequence));
      Sequence other = live.get(random.nextInt(live.size()));
      if (other != sequence) {
        chosen.add(other);
      }
      chosen.removeIf(candidate -> model.get(candidate).isEmpty());
      float[][] logits = engine.step(chosen);
      for (int i = 0; i < chosen.size(); i++) {
        int[] tokens = model.get(chosen.get(i)).stream().mapToInt(Integer::intValue).toArray();
        assertArrayEquals(tokens, chosen.get(i).tokens(), label);
        assertArrayEquals(SCRIPT.logits(tokens), logits[i], label);
      }
    }
  }
}
