package dev.levin.formats.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Copies the caller's JSON-like values into the few types that templates compute with. */
final class InputValues {
  private static final int MAX_DEPTH = 100;

  private InputValues() {}

  /**
   * @param where names the value in errors
   * @throws IllegalArgumentException for a value that is not JSON-like or nests too deeply
   */
  static Object of(Object value, String where) {
    return of(value, where, 0);
  }

  private static Object of(Object value, String where, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException(where + " nests deeper than " + MAX_DEPTH + " levels");
    }
    return switch (value) {
      case null -> null;
      case String text -> text;
      case Boolean flag -> flag;
      case Number number -> number(number, where);
      case List<?> list -> {
        List<Object> items = new ArrayList<>(list.size());
        for (Object item : list) {
          items.add(of(item, where, depth + 1));
        }
        yield items;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> entries = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          if (!(entry.getKey() instanceof String key)) {
            throw new IllegalArgumentException(where + " has a key that is no string");
          }
          entries.put(key, of(entry.getValue(), where, depth + 1));
        }
        yield entries;
      }
      default ->
          throw new IllegalArgumentException(
              where + " holds a " + value.getClass().getName() + ", which is not a JSON value");
    };
  }

  private static Object number(Number number, String where) {
    return switch (number) {
      case Long value -> value;
      case Integer value -> value.longValue();
      case Short value -> value.longValue();
      case Byte value -> value.longValue();
      case Double value -> value;
      case Float value -> Double.valueOf(value.toString());
      case BigDecimal value -> value.doubleValue();
      case BigInteger value -> {
        if (value.bitLength() > Numbers.MAX_BITS) {
          throw new IllegalArgumentException(where + " holds a number that is too large");
        }
        yield Numbers.normal(value);
      }
      default ->
          throw new IllegalArgumentException(
              where + " holds a " + number.getClass().getName() + ", which is not a JSON number");
    };
  }
}
