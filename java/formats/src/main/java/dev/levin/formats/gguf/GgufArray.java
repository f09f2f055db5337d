package dev.levin.formats.gguf;

import java.util.List;

/**
 * An array to be written as metadata.
 *
 * @param elementType type of every element
 * @param values numbers, booleans, strings or, for arrays of arrays, {@link GgufArray}s
 */
public record GgufArray(GgufType elementType, List<?> values) {
  /** A value as it was read from a file, in the form that can be written again. */
  static Object writable(Object value) {
    return switch (value) {
      case PackedScalars scalars -> new GgufArray(scalars.type(), scalars);
      case PackedStrings strings -> new GgufArray(GgufType.STRING, strings);
      case List<?> arrays ->
          new GgufArray(GgufType.ARRAY, arrays.stream().map(GgufArray::writable).toList());
      default -> value;
    };
  }
}
