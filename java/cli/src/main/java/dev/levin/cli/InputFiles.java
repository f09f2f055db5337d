package dev.levin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Templates and messages the user names: files read whole, so no longer than memory can hold. */
final class InputFiles {
  private static final int MAX_BYTES = 64 << 20;

  private InputFiles() {}

  /**
   * @throws UserException naming the file when it is a folder or too long
   */
  static byte[] bytes(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new UserException(file + ": is a folder, expected a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new UserException(file + ": is longer than " + Units.bytes(MAX_BYTES));
      }
      return bytes;
    }
  }

  /**
   * @throws UserException as {@link #bytes}, and when the file is not UTF-8
   */
  static String text(Path file) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(file))).toString();
    } catch (CharacterCodingException e) {
      throw new UserException(file + ": is not UTF-8");
    }
  }
}
