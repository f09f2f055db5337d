package dev.levin.formats;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import org.junit.jupiter.api.function.Executable;

/** What every error about a file has to look like. */
public final class Errors {
  private Errors() {}

  /** The call fails with one line that contains all of {@code parts}. */
  public static void assertRefused(Executable call, String... parts) {
    String message = assertThrows(ModelFormatException.class, call).getMessage();
    assertFalse(message.contains("\n"), () -> "more than one line: " + message);
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "'" + part + "' is not in: " + message);
    }
  }
}
