package dev.levin.core.model;

import dev.levin.core.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Typed reading of a model's metadata: GGUF keys or the fields of config.json. A value of the wrong
 * kind, or a required one that is missing, is a {@link ModelFormatException} naming file and key.
 *
 * <p>Values are String, Boolean, Number, List, or Map for nested JSON objects.
 */
public final class Metadata {
  private final String origin;
  private final Map<String, Object> values;

  public Metadata(String origin, Map<String, Object> values) {
    this.origin = origin;
    this.values = values;
  }

  /** The file, for messages. */
  public String origin() {
    return origin;
  }

  public Map<String, Object> values() {
    return values;
  }

  /** True when the key is there and not null. */
  public boolean has(String key) {
    return values.get(key) != null;
  }

  public Optional<String> string(String key) {
    return find(key, String.class, "a string");
  }

  public String requireString(String key) {
    return string(key).orElseThrow(() -> missing(key));
  }

  public boolean bool(String key, boolean otherwise) {
    return find(key, Boolean.class, "true or false").orElse(otherwise);
  }

  public Optional<Integer> integer(String key) {
    return find(key, Number.class, "an integer").map(number -> toInt(key, number));
  }

  public int integer(String key, int otherwise) {
    return integer(key).orElse(otherwise);
  }

  public int requireInt(String key) {
    return integer(key).orElseThrow(() -> missing(key));
  }

  public Optional<Double> number(String key) {
    return find(key, Number.class, "a number").map(Number::doubleValue);
  }

  public double number(String key, double otherwise) {
    return number(key).orElse(otherwise);
  }

  public double requireNumber(String key) {
    return number(key).orElseThrow(() -> missing(key));
  }

  public Optional<List<?>> list(String key) {
    return find(key, List.class, "a list").map(list -> (List<?>) list);
  }

  /** A nested object, empty when absent. */
  public Metadata object(String key) {
    @SuppressWarnings("unchecked")
    Map<String, Object> nested =
        (Map<String, Object>) find(key, Map.class, "an object").orElse(Map.of());
    return new Metadata(origin + ": " + key, nested);
  }

  /** An error about a key of this metadata. */
  public ModelFormatException error(String key, String problem) {
    return new ModelFormatException(origin + ": '" + key + "' " + problem);
  }

  private <T> Optional<T> find(String key, Class<T> type, String expected) {
    Object value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!type.isInstance(value)) {
      throw error(key, "is not " + expected);
    }
    return Optional.of(type.cast(value));
  }

  private int toInt(String key, Number number) {
    double value = number.doubleValue();
    if (value != Math.rint(value) || value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
      throw error(key, "is " + number + ", not a 32-bit integer");
    }
    return (int) value;
  }

  private ModelFormatException missing(String key) {
    return error(key, "is missing");
  }
}
