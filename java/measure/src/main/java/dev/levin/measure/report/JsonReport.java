package dev.levin.measure.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reports as JSON: records field by field, with every sample. */
public final class JsonReport {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private JsonReport() {}

  /** A record as indented text that ends with a line feed. */
  public static String write(Record report) {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    try {
      return MAPPER.writer(printer).writeValueAsString(report) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report that is not JSON", e);
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException naming the file, when it holds something else
   */
  public static <T extends Record> T read(Path file, Class<T> type) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try {
      T report = MAPPER.readValue(bytes, type);
      if (report == null) {
        throw new IllegalArgumentException(file + ": holds no results");
      }
      return report;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "%s: not a file of results: %s".formatted(file, e.getOriginalMessage()), e);
    }
  }
}
