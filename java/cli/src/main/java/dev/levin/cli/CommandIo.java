package dev.levin.cli;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Where a command reads and writes. Results alone go to {@code out}; messages, statistics and
 * progress go to {@code err}. Both are UTF-8 whatever the locale says.
 *
 * @param interactive standard input and output are a terminal
 * @param outTerminal standard output is a terminal
 * @param errTerminal standard error is a terminal
 */
record CommandIo(
    InputStream in,
    OutputStream out,
    PrintStream err,
    boolean interactive,
    boolean outTerminal,
    boolean errTerminal) {

  /** The process's own streams. */
  static CommandIo standard() {
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    boolean outTerminal = NativeTerminal.isTerminal(NativeTerminal.STANDARD_OUTPUT);
    return new CommandIo(
        System.in,
        new FileOutputStream(FileDescriptor.out),
        err,
        outTerminal && NativeTerminal.isTerminal(NativeTerminal.STANDARD_INPUT),
        outTerminal,
        NativeTerminal.isTerminal(NativeTerminal.STANDARD_ERROR));
  }

  /**
   * Writes to standard output at once.
   *
   * @throws OutputClosedException when nobody reads it any more
   */
  void write(String text) throws IOException {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe")) {
        throw new OutputClosedException();
      }
      throw new IOException("standard output: " + e.getMessage(), e);
    }
  }

  /** As {@link #write}, with a line end. */
  void writeLine(String text) throws IOException {
    write(text + "\n");
  }

  /** A message for people. */
  void message(String text) {
    err.println(text);
  }

  /**
   * All of standard input, byte for byte as UTF-8.
   *
   * @throws UserException when it is not UTF-8; any replacement would be another text
   */
  String readAll() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    in.transferTo(bytes);
    ByteBuffer input = ByteBuffer.wrap(bytes.toByteArray());
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(input).toString();
    } catch (CharacterCodingException e) {
      throw new UserException(
          "standard input is not UTF-8 from byte %d on".formatted(input.position()));
    }
  }

  /** {@code argument}, or standard input when it is {@code -}. */
  String textOrInput(String argument) throws IOException {
    return argument.equals("-") ? readAll() : argument;
  }

  /** Whether colours may be written to a stream that is, or is not, a terminal. */
  static boolean colours(boolean terminal) {
    String refused = System.getenv("NO_COLOR");
    return terminal && (refused == null || refused.isEmpty());
  }
}
