package dev.levin.formats.hf;

import dev.levin.core.ModelFormatException;
import dev.levin.formats.io.JsonFile;
import dev.levin.formats.io.Mapping;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where transformers keeps a model's chat template: a file of its own, or a field of the
 * tokenizer's configuration that holds one template or several named ones.
 */
final class ChatTemplateFiles {
  private static final int MAX_TEMPLATE_BYTES = 4 << 20;
  private static final String FIELD = "chat_template";
  private static final String DEFAULT_NAME = "default";

  private ChatTemplateFiles() {}

  /** The default template of a folder, looked up in the order that transformers uses. */
  static Optional<String> find(Path folder) {
    Path own = folder.resolve("chat_template.jinja");
    if (Files.exists(own)) {
      byte[] bytes = Mapping.bytes(own, MAX_TEMPLATE_BYTES);
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    }
    for (String name : List.of("chat_template.json", "tokenizer_config.json")) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        Optional<Object> field = JsonFile.readField(file, FIELD);
        if (field.isPresent()) {
          return template(file, field.get());
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> template(Path file, Object field) {
    return switch (field) {
      case String only -> Optional.of(only);
      case List<?> named -> defaultOf(file, named);
      default -> throw unexpected(file);
    };
  }

  private static Optional<String> defaultOf(Path file, List<?> templates) {
    for (Object entry : templates) {
      if (!(entry instanceof Map<?, ?> fields) || !(fields.get("template") instanceof String)) {
        throw unexpected(file);
      }
      if (DEFAULT_NAME.equals(fields.get("name"))) {
        return Optional.of((String) fields.get("template"));
      }
    }
    return Optional.empty();
  }

  private static ModelFormatException unexpected(Path file) {
    return new ModelFormatException(
        "%s: '%s' is neither a template nor a list of named templates".formatted(file, FIELD));
  }
}
