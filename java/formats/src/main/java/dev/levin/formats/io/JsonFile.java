package dev.levin.formats.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.levin.core.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The JSON files of a model folder as plain Java values: Map, List, String, Boolean, Number, null.
 * Duplicate keys are errors; {@code NaN} and {@code Infinity} are read in both spellings that
 * transformers writes. Length, depth and number of values are bounded, so that a hostile file
 * cannot fill the heap.
 */
public final class JsonFile {
  private static final int MAX_FILE_BYTES = 64 << 20;
  private static final int MAX_TOKENS = 1 << 20;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NUMBER_CHARS = 200;
  private static final String FLOAT_KEY = "__float__";

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(constraints(MAX_FILE_BYTES))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private final Path file;
  private final JsonParser parser;
  private int tokens;

  private JsonFile(Path file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /** Limits for documents of up to {@code maxBytes} from untrusted files. */
  public static StreamReadConstraints constraints(int maxBytes) {
    return StreamReadConstraints.builder()
        .maxNestingDepth(MAX_DEPTH)
        .maxNumberLength(MAX_NUMBER_CHARS)
        .maxStringLength(maxBytes)
        .maxDocumentLength(maxBytes)
        .build();
  }

  /** A whole file that holds one object, for example config.json. */
  public static Map<String, Object> readObject(Path file) {
    byte[] bytes = Mapping.bytes(file, MAX_FILE_BYTES);
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      JsonFile reader = new JsonFile(file, parser);
      reader.expect(reader.next(), JsonToken.START_OBJECT, "a JSON object");
      Map<String, Object> object = reader.object();
      reader.expect(reader.next(), null, "the end of the file");
      return object;
    } catch (IOException e) {
      throw malformed(file.toString(), "the file", 0, e);
    }
  }

  /** One top-level field of a file that holds an object; the rest is checked and skipped. */
  public static Optional<Object> readField(Path file, String field) {
    byte[] bytes = Mapping.bytes(file, MAX_FILE_BYTES);
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      JsonFile reader = new JsonFile(file, parser);
      reader.expect(reader.next(), JsonToken.START_OBJECT, "a JSON object");
      Optional<Object> found = reader.field(field);
      reader.expect(reader.next(), null, "the end of the file");
      return found;
    } catch (IOException e) {
      throw malformed(file.toString(), "the file", 0, e);
    }
  }

  /** The error for JSON that the parser rejects; {@code start} is where the document begins. */
  public static ModelFormatException malformed(
      String origin, String what, long start, IOException cause) {
    String problem = cause.getMessage();
    long at = start;
    if (cause instanceof JsonProcessingException json) {
      problem = json.getOriginalMessage();
      if (json.getLocation() != null) {
        at += Math.max(0, json.getLocation().getByteOffset());
      }
    }
    return new ModelFormatException(
        "%s: %s is not valid JSON at byte %d: %s"
            .formatted(origin, what, at, Quote.line(String.valueOf(problem), 200)),
        cause);
  }

  private Optional<Object> field(String field) throws IOException {
    Optional<Object> found = Optional.empty();
    while (next() != JsonToken.END_OBJECT) {
      boolean wanted = parser.currentName().equals(field);
      JsonToken token = next();
      if (wanted) {
        found = Optional.ofNullable(value(token));
      } else {
        skip(token);
      }
    }
    return found;
  }

  private void skip(JsonToken first) throws IOException {
    int depth = first.isStructStart() ? 1 : 0;
    while (depth > 0) {
      JsonToken token = next();
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      }
    }
  }

  private Object value(JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> unwrap(object());
      case START_ARRAY -> array();
      case VALUE_STRING -> parser.getText();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      default -> throw error("expected a value");
    };
  }

  private Map<String, Object> object() throws IOException {
    Map<String, Object> object = new LinkedHashMap<>();
    while (next() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      object.put(name, value(next()));
    }
    return object;
  }

  private List<Object> array() throws IOException {
    List<Object> values = new ArrayList<>();
    for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
      values.add(value(token));
    }
    return values;
  }

  /** An object that stands for a number JSON cannot spell. */
  private Object unwrap(Map<String, Object> object) {
    if (object.size() != 1 || !object.containsKey(FLOAT_KEY)) {
      return object;
    }
    return switch (String.valueOf(object.get(FLOAT_KEY))) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> throw error("'" + FLOAT_KEY + "' is none of Infinity, -Infinity and NaN");
    };
  }

  private JsonToken next() throws IOException {
    if (++tokens > MAX_TOKENS) {
      throw error("holds more than %d JSON tokens".formatted(MAX_TOKENS));
    }
    return parser.nextToken();
  }

  private void expect(JsonToken found, JsonToken wanted, String expected) {
    if (found != wanted) {
      throw error("expected " + expected);
    }
  }

  private ModelFormatException error(String problem) {
    long at = Math.max(0, parser.currentTokenLocation().getByteOffset());
    return new ModelFormatException("%s: at byte %d: %s".formatted(file, at, problem));
  }
}
