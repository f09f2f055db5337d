package dev.levin.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Argument types whose errors picocli would tell with the names of Java classes. */
final class Converters {
  private Converters() {}

  static void register(CommandLine line) {
    line.registerConverter(Path.class, Converters::path);
    line.registerConverter(LocalDate.class, Converters::date);
  }

  /** An empty path would be the working folder, which nobody means who writes {@code -m "$X"}. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("the path is empty");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new TypeConversionException("'" + text + "' is not a path");
    }
  }

  private static LocalDate date(String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      throw new TypeConversionException("'" + text + "' is not a day as YYYY-MM-DD");
    }
  }
}
