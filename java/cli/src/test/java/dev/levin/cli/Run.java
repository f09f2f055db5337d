package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What a command line returned and wrote, run in this process without a terminal. */
record Run(int code, String out, String err) {

  static Run of(String... args) {
    return withInput("", args);
  }

  static Run withInput(String input, String... args) {
    return withInput(input.getBytes(StandardCharsets.UTF_8), args);
  }

  /** As the other, for input that may be no text. */
  static Run withInput(byte[] input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Run run = to(out, input, args);
    return new Run(run.code, out.toString(StandardCharsets.UTF_8), run.err);
  }

  /** As {@link #withInput}, with an output of the test's own. */
  static Run to(OutputStream out, String input, String... args) {
    return to(out, input.getBytes(StandardCharsets.UTF_8), args);
  }

  private static Run to(OutputStream out, byte[] input, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    InputStream in = new ByteArrayInputStream(input);
    PrintStream messages = new PrintStream(err, true, StandardCharsets.UTF_8);
    int code = Main.run(new CommandIo(in, out, messages, false, false, false), args);
    return new Run(code, "", err.toString(StandardCharsets.UTF_8));
  }

  /** Exit code 0; returns standard output. */
  String succeeded() {
    assertEquals(ExitCode.OK, code, this::toString);
    return out;
  }

  /** Exit code 2, nothing on standard output, one line on standard error; returns that line. */
  String refused() {
    assertEquals(ExitCode.USER, code, this::toString);
    assertEquals("", out);
    assertTrue(err.startsWith("levin: "), this::toString);
    assertEquals(1, err.lines().count(), this::toString);
    assertFalse(err.contains("Exception"), this::toString);
    return err.strip();
  }
}
