package dev.levin.measure.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Tuning;
import dev.levin.measure.BackendChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class KernelTunerTest {
  private static final BackendChoice CPU = new BackendChoice("cpu", "", 1);

  private static KernelPlan plan(String dtypes) {
    return new KernelPlan(
        List.of(CPU),
        List.of("tiny"),
        Pattern.compile(""),
        Pattern.compile(dtypes),
        List.of(1),
        List.of(20),
        2,
        1);
  }

  /** Whose numbers mean nothing to the backend that it opens. */
  private static final class Idle implements Tuning {
    private final List<Map<String, Integer>> opened = new ArrayList<>();

    @Override
    public List<Knob> knobs() {
      return List.of(
          new Knob("a", List.of(1, 2, 4), "Add", List.of(1)),
          new Knob("b", List.of(8, 16), "RmsNorm", List.of(2)));
    }

    @Override
    public Map<String, Integer> current() {
      return Map.of("a", 2, "b", 8);
    }

    @Override
    public boolean isPossible(Map<String, Integer> values) {
      return values.get("a") < 4;
    }

    @Override
    public Backend open(Map<String, Integer> values) {
      opened.add(Map.copyOf(values));
      return CPU.open();
    }

    @Override
    public String store(Map<String, Integer> values) {
      throw new AssertionError("a search keeps nothing by itself");
    }
  }

  @Test
  void triesEveryPossibleCandidateOnce() {
    Idle tuning = new Idle();
    List<String> measured = new ArrayList<>();
    Map<String, Integer> best =
        new KernelTuner(
                plan("F32"),
                (knob, candidate, micros) -> {
                  assertTrue(micros > 0);
                  measured.add(knob + candidate);
                })
            .search(tuning);
    assertEquals(List.of("a2", "a1", "b8", "b16"), measured);
    assertEquals(tuning.current().keySet(), best.keySet());
    assertFalse(tuning.opened.stream().anyMatch(values -> values.get("a") == 4));
    assertTrue(tuning.isPossible(best));
  }

  @Test
  void refusesAPlanThatNoKnobDecides() {
    KernelTuner tuner = new KernelTuner(plan("Q8_0"), (knob, candidate, micros) -> {});
    assertThrows(IllegalArgumentException.class, () -> tuner.search(new Idle()));
  }
}
