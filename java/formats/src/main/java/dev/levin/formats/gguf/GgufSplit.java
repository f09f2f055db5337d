package dev.levin.formats.gguf;

import dev.levin.core.ModelFormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of a model that is split over several files: {@code NAME-00001-of-00003.gguf}. */
public record GgufSplit(String prefix, int part, int count) {
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  /** What a file name says about splitting; empty for a file of its own. */
  public static Optional<GgufSplit> ofName(String fileName) {
    Matcher matcher = NAME.matcher(fileName);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int part = Integer.parseInt(matcher.group(2));
    int count = Integer.parseInt(matcher.group(3));
    if (part < 1 || part > count) {
      return Optional.empty();
    }
    return Optional.of(new GgufSplit(matcher.group(1), part, count));
  }

  /**
   * The files of all parts in order.
   *
   * @throws ModelFormatException naming the first part that is missing
   */
  List<Path> files(Path anyPart) {
    List<Path> files = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      Path file = anyPart.resolveSibling("%s-%05d-of-%05d.gguf".formatted(prefix, i, count));
      if (!Files.isRegularFile(file)) {
        throw new ModelFormatException(
            "%s: part %d of %d is missing: %s".formatted(anyPart, i, count, file.getFileName()));
      }
      files.add(file);
    }
    return files;
  }
}
