package dev.levin.formats.tokenizer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.levin.core.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A value in a JSON file that knows where it stands, so that what is wrong with it can be said.
 *
 * @param path names and indexes from the root, empty for the root
 */
record JsonField(String file, String path, JsonNode node) {
  /** Without tables of names: a vocabulary has hundreds of thousands, each once. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
              .build());

  /** Reads a file; one that is not there has nothing in it. */
  static JsonField read(Path file) {
    if (!Files.exists(file)) {
      return new JsonField(file.toString(), "", MissingNode.getInstance());
    }
    try {
      JsonField root = new JsonField(file.toString(), "", MAPPER.readTree(file.toFile()));
      if (!root.node.isObject()) {
        throw root.error("is not a JSON object");
      }
      return root;
    } catch (JacksonException e) {
      String place =
          e.getLocation() == null
              ? ""
              : " at line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw new ModelFormatException(
          file
              + ": not valid JSON"
              + place
              + ": "
              + e.getOriginalMessage().lines().findFirst().orElse(""),
          e);
    } catch (IOException e) {
      throw new ModelFormatException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** False for what is absent or null. */
  boolean isPresent() {
    return !node.isMissingNode() && !node.isNull();
  }

  JsonField get(String name) {
    return new JsonField(file, path.isEmpty() ? name : path + "." + name, node.path(name));
  }

  String string() {
    if (!node.isTextual()) {
      throw error(isPresent() ? "is not a string" : "is missing");
    }
    return node.textValue();
  }

  String string(String otherwise) {
    return isPresent() ? string() : otherwise;
  }

  boolean bool(boolean otherwise) {
    if (!isPresent()) {
      return otherwise;
    }
    if (!node.isBoolean()) {
      throw error("is not true or false");
    }
    return node.booleanValue();
  }

  int integer() {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw error(isPresent() ? "is not a 32-bit integer" : "is missing");
    }
    return node.intValue();
  }

  int integer(int otherwise) {
    return isPresent() ? integer() : otherwise;
  }

  double number() {
    if (!node.isNumber()) {
      throw error(isPresent() ? "is not a number" : "is missing");
    }
    return node.doubleValue();
  }

  /** The elements of a list; none where it is absent. */
  List<JsonField> elements() {
    if (isPresent() && !node.isArray()) {
      throw error("is not a list");
    }
    List<JsonField> elements = new ArrayList<>(node.size());
    for (JsonNode element : node) {
      elements.add(new JsonField(file, path + "[" + elements.size() + "]", element));
    }
    return elements;
  }

  /** The members of an object; none where it is absent. */
  Iterable<Map.Entry<String, JsonNode>> members() {
    if (isPresent() && !node.isObject()) {
      throw error("is not an object");
    }
    return node.properties();
  }

  /** The {@code type} that tokenizer.json's components carry. */
  String type() {
    if (!node.isObject()) {
      throw error(isPresent() ? "is not an object" : "is missing");
    }
    return get("type").string();
  }

  ModelFormatException unsupportedType() {
    return get("type").error("is '" + type() + "', which is not supported");
  }

  ModelFormatException error(String problem) {
    return new ModelFormatException(
        file + ": " + (path.isEmpty() ? "the file" : "'" + path + "'") + " " + problem);
  }
}
