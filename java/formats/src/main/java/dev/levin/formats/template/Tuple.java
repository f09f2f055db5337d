package dev.levin.formats.template;

import java.util.Arrays;
import java.util.List;

/** Python's tuple; {@code fields} names the elements of a group and is empty otherwise. */
record Tuple(List<Object> items, List<String> fields) {
  static Tuple of(Object... items) {
    return new Tuple(Arrays.asList(items), List.of());
  }

  static Tuple of(List<Object> items) {
    return new Tuple(items, List.of());
  }
}
