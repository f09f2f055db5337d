package dev.levin.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Where a chat gets what the user types. */
interface LineSource extends AutoCloseable {
  /** The next line, or null at the end of the input. */
  String read() throws IOException;

  @Override
  void close() throws IOException;

  /** Plain lines of UTF-8, as from a pipe. */
  static LineSource of(InputStream input) {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
    return new LineSource() {
      @Override
      public String read() throws IOException {
        return reader.readLine();
      }

      @Override
      public void close() {
        // Standard input stays open for whoever else reads it.
      }
    };
  }
}
