package dev.levin.core.backend;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * How a backend cuts work on one device, as numbers that may be searched. None of them changes a
 * result.
 */
public interface Tuning {
  /**
   * One of the numbers.
   *
   * @param candidates values worth trying, ascending
   * @param op name of the op whose speed it decides
   * @param tokens of the steps in which it does
   */
  record Knob(String name, List<Integer> candidates, String op, List<Integer> tokens) {
    public Knob {
      candidates = List.copyOf(candidates);
      tokens = List.copyOf(tokens);
    }
  }

  List<Knob> knobs();

  /** The numbers in effect, one for each knob. */
  Map<String, Integer> current();

  /** Whether the device can run these numbers. */
  boolean isPossible(Map<String, Integer> values);

  /** A backend with these numbers; the caller closes it. */
  Backend open(Map<String, Integer> values);

  /**
   * Keeps the numbers for this device in the user's cache; backends opened from then on use them.
   *
   * @return where they are, for a person to read
   */
  String store(Map<String, Integer> values) throws IOException;
}
