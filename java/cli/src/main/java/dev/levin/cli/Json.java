package dev.levin.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** JSON in and out of the command; read errors name the file and the position. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final TypeReference<List<Map<String, Object>>> OBJECTS = new TypeReference<>() {};

  private Json() {}

  /** Over several lines, indented. */
  static String pretty(Object value) {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
    try {
      return MAPPER.writer(printer).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result that is not JSON", e);
    }
  }

  /** On one line. */
  static String line(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result that is not JSON", e);
    }
  }

  /** A file with a list of objects, or with an object that has the list under {@code key}. */
  static List<Map<String, Object>> objects(Path file, String key) throws IOException {
    byte[] bytes = InputFiles.bytes(file);
    try {
      JsonNode root = MAPPER.readTree(bytes);
      JsonNode list = root.isObject() ? root.path(key) : root;
      if (!list.isArray()) {
        throw new UserException(
            file + ": expected a list of " + key + " or an object with '" + key + "'");
      }
      for (int i = 0; i < list.size(); i++) {
        if (!list.get(i).isObject()) {
          throw new UserException(file + ": " + key + "[" + i + "] is not an object");
        }
      }
      return MAPPER.convertValue(list, OBJECTS);
    } catch (JsonProcessingException e) {
      throw new UserException(file + place(e) + ": not JSON: " + e.getOriginalMessage());
    }
  }

  private static String place(JsonProcessingException problem) {
    return problem.getLocation() == null
        ? ""
        : ", line %d column %d"
            .formatted(problem.getLocation().getLineNr(), problem.getLocation().getColumnNr());
  }
}
