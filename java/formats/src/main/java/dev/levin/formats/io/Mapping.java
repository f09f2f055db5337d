package dev.levin.formats.io;

import dev.levin.core.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reading model files: mapped ones and small ones. */
public final class Mapping {
  private Mapping() {}

  /**
   * Maps a whole file for reading; nothing of it is read yet.
   *
   * @throws ModelFormatException when it cannot be opened or is empty
   */
  public static MemorySegment readOnly(Path file, Arena arena) {
    if (Files.isDirectory(file)) {
      throw new ModelFormatException(file + " is a folder where a model file is expected");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        throw new ModelFormatException(
            file + ": the file is empty; expected a GGUF or safetensors model");
      }
      return channel.map(MapMode.READ_ONLY, 0, size, arena);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Reads a small file into the heap.
   *
   * @throws ModelFormatException when it cannot be read or is longer than {@code maxBytes}
   */
  public static byte[] bytes(Path file, int maxBytes) {
    try {
      long size = Files.size(file);
      if (size > maxBytes) {
        throw new ModelFormatException(
            "%s: %d bytes, more than the %d that such a file may have"
                .formatted(file, size, maxBytes));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The error for a file that the system will not hand over. */
  public static ModelFormatException unreadable(Path file, IOException cause) {
    String reason =
        switch (cause) {
          case NoSuchFileException missing -> "no such file";
          case AccessDeniedException denied -> "no permission to read it";
          default -> "cannot be read: " + Quote.line(String.valueOf(cause.getMessage()), 200);
        };
    return new ModelFormatException(file + ": " + reason, cause);
  }
}
