package dev.levin.formats.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.formats.io.JsonFile;
import dev.levin.formats.io.Quote;
import dev.levin.formats.io.Sizes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Parses the JSON header of a safetensors file token by token, so that a hostile one builds no tree
 * in memory.
 */
final class SafetensorsHeader {
  private static final int MAX_RANK = 16;
  private static final int MAX_TENSORS = 1 << 18;
  private static final int MAX_METADATA = 1 << 16;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(JsonFile.constraints(SafetensorsFile.MAX_HEADER_BYTES))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final String origin;
  private final long start;
  private final JsonParser parser;

  private SafetensorsHeader(String origin, long start, JsonParser parser) {
    this.origin = origin;
    this.start = start;
    this.parser = parser;
  }

  /**
   * The tensors of a header in its order.
   *
   * @param start byte of the file at which {@code json} begins
   */
  static List<SafetensorsEntry> parse(String origin, long start, byte[] json) {
    try (JsonParser parser = JSON.createParser(json)) {
      return new SafetensorsHeader(origin, start, parser).entries();
    } catch (IOException e) {
      throw JsonFile.malformed(origin, "the header", start, e);
    }
  }

  private List<SafetensorsEntry> entries() throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, "the header", "an object");
    List<SafetensorsEntry> entries = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (name.equals("__metadata__")) {
        checkMetadata();
      } else {
        entries.add(entry(name));
      }
      if (entries.size() > MAX_TENSORS) {
        throw error("the header", "holds more than %d tensors".formatted(MAX_TENSORS));
      }
    }
    if (parser.nextToken() != null) {
      throw error("the header", "goes on after its closing brace");
    }
    return entries;
  }

  private void checkMetadata() throws IOException {
    String field = "'__metadata__'";
    expect(parser.nextToken(), JsonToken.START_OBJECT, field, "an object");
    for (int i = 0; parser.nextToken() != JsonToken.END_OBJECT; i++) {
      expect(parser.nextToken(), JsonToken.VALUE_STRING, field, "an object of strings");
      if (i == MAX_METADATA) {
        throw error(field, "holds more than %d entries".formatted(MAX_METADATA));
      }
    }
  }

  private SafetensorsEntry entry(String name) throws IOException {
    String tensor = "tensor " + Quote.of(name);
    long at = position();
    expect(parser.nextToken(), JsonToken.START_OBJECT, tensor, "an object");
    SafetensorsType type = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> type = type(tensor);
        case "shape" -> shape = integers("shape of " + tensor, MAX_RANK);
        case "data_offsets" -> offsets = integers("data_offsets of " + tensor, 2);
        default -> throw error(tensor, "has an unknown field " + Quote.of(field));
      }
    }
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw error(tensor, "needs 'dtype', 'shape' and two 'data_offsets'");
    }
    return checked(name, at, type, shape, offsets);
  }

  private SafetensorsType type(String tensor) throws IOException {
    expect(parser.currentToken(), JsonToken.VALUE_STRING, "dtype of " + tensor, "a string");
    SafetensorsType type = SafetensorsType.ofName(parser.getText());
    if (type == null) {
      throw error(
          "dtype of " + tensor,
          "is %s, which Levin does not know; it reads %s"
              .formatted(Quote.of(parser.getText()), Arrays.toString(SafetensorsType.values())));
    }
    return type;
  }

  private long[] integers(String field, int max) throws IOException {
    expect(parser.currentToken(), JsonToken.START_ARRAY, field, "an array");
    long[] values = new long[max];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, field, "integers");
      if (count == max) {
        throw error(field, "has more than " + max + " elements");
      }
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw error(field, "holds %s, out of range".formatted(Quote.line(parser.getText(), 40)));
      }
      values[count++] = parser.getLongValue();
    }
    return Arrays.copyOf(values, count);
  }

  private SafetensorsEntry checked(
      String name, long at, SafetensorsType type, long[] shape, long[] offsets) {
    String tensor = "tensor " + Quote.of(name);
    DType dtype = type.dtype();
    long[] dims = expand(tensor, shape, type.elements());
    long expected = Sizes.tensorBytes(dtype, dims);
    if (expected == Sizes.OVERFLOW) {
      throw error(tensor, "has shape %s, which overflows".formatted(Arrays.toString(shape)));
    }
    if (offsets[1] < offsets[0] || offsets[1] - offsets[0] != expected) {
      throw error(
          tensor,
          "has data_offsets %s, but %s%s takes %d bytes"
              .formatted(Arrays.toString(offsets), type, Arrays.toString(shape), expected));
    }
    return new SafetensorsEntry(name, dtype, dims, at, offsets[0], offsets[1]);
  }

  private long[] expand(String tensor, long[] shape, int elements) {
    if (elements == 1) {
      return shape;
    }
    long[] dims = shape.length == 0 ? new long[] {1} : shape.clone();
    int last = dims.length - 1;
    if (dims[last] > Long.MAX_VALUE / elements) {
      throw error(tensor, "has shape %s, which overflows".formatted(Arrays.toString(shape)));
    }
    dims[last] *= elements;
    return dims;
  }

  private void expect(JsonToken found, JsonToken wanted, String field, String expected) {
    if (found != wanted) {
      throw error(field, "is not " + expected);
    }
  }

  private long position() {
    return start + Math.max(0, parser.currentTokenLocation().getByteOffset());
  }

  private ModelFormatException error(String field, String problem) {
    return new ModelFormatException(
        "%s: %s at byte %d %s".formatted(origin, field, position(), problem));
  }
}
