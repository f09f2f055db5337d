package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.testkit.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Logits are bitwise the same alone, in company, in chunks, after a fork, a rollback or an
 * eviction: every architecture of the golden models, on the CPU backend.
 */
class CompanyTest {
  private static final int LENGTH = 40;

  @TestFactory
  Stream<DynamicTest> logitsDoNotDependOnCompany() {
    return Golden.list("models").stream()
        .map(
            folder ->
                DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
  }

  private static void check(Path folder) {
    LlmOptions.Builder options = LlmOptions.builder().backend("cpu");
    try (Llm llm = Llm.load(folder, options.maxSequences(8).cacheTokens(1024).build())) {
      new Check(llm).run();
    }
  }

  private static final class Check {
    private final Llm llm;
    private final Engine engine;
    private final int[] tokens = new int[LENGTH];

    /** Logits after each position, computed token by token. */
    private final float[][] expected = new float[LENGTH][];

    Check(Llm llm) {
      this.llm = llm;
      this.engine = llm.engine();
      Random random = new Random(7);
      Arrays.setAll(tokens, i -> random.nextInt(engine.vocabSize()));
    }

    void run() {
      int freePages = engine.freePages();
      decodeAlone();
      for (int chunk : new int[] {0, 1, 7, 16}) {
        llm.logits(tokens, chunk, (position, row) -> assertRow("chunk " + chunk, position, row));
      }
      batched();
      forked();
      rolledBack();
      assertEquals(freePages, engine.freePages());
    }

    private void assertRow(String how, int position, float[] row) {
      assertArrayEquals(expected[position], row, how + ", position " + position);
    }

    private void decodeAlone() {
      with(
          sequence -> {
            for (int i = 0; i < LENGTH; i++) {
              sequence.append(tokens[i]);
              expected[i] = engine.logits(sequence).clone();
            }
          });
    }

    /** Prompts of different lengths at once, then decodes beside a prompt. */
    private void batched() {
      List<Sequence> sequences = new ArrayList<>();
      for (int length : new int[] {1, 15, 16, 17, 33}) {
        Sequence sequence = engine.newSequence();
        sequence.append(Arrays.copyOf(tokens, length));
        sequences.add(sequence);
      }
      for (int round = 0; round < 3; round++) {
        float[][] logits = engine.step(sequences);
        for (int i = 0; i < sequences.size(); i++) {
          int length = sequences.get(i).length();
          assertRow("batched", length - 1, logits[i]);
          int more = i == round ? 4 : 1;
          sequences.get(i).append(Arrays.copyOfRange(tokens, length, length + more));
        }
      }
      sequences.forEach(Sequence::close);
    }

    private void forked() {
      with(
          sequence -> {
            sequence.append(Arrays.copyOf(tokens, 21));
            assertRow("before the fork", 20, engine.logits(sequence));
            try (Sequence fork = sequence.fork()) {
              fork.append((tokens[21] + 1) % engine.vocabSize());
              engine.logits(fork);
              sequence.append(tokens[21], tokens[22]);
              assertRow("beside a fork", 22, engine.logits(sequence));
              fork.rollback(1);
              fork.append(Arrays.copyOfRange(tokens, 21, LENGTH));
              assertRow("the fork", LENGTH - 1, engine.logits(fork));
            }
          });
    }

    private void rolledBack() {
      with(
          sequence -> {
            sequence.append(tokens);
            engine.logits(sequence);
            sequence.rollback(LENGTH - 10);
            assertRow("rolled back", 9, engine.logits(sequence));
            sequence.append(Arrays.copyOfRange(tokens, 10, LENGTH));
            assertRow("continued", LENGTH - 1, engine.logits(sequence));
            sequence.cached().evict();
            sequence.rollback(1);
            sequence.append(tokens[LENGTH - 1]);
            assertRow("evicted", LENGTH - 1, engine.logits(sequence));
          });
    }

    private void with(Consumer<Sequence> action) {
      try (Sequence sequence = engine.newSequence()) {
        action.accept(sequence);
      }
    }
  }
}
