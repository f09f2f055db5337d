package dev.levin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Lines edited in a terminal, with a history that outlives the program where it can be kept. */
final class TerminalLines implements LineSource {
  private static final String PROMPT = "> ";

  private final Terminal terminal;
  private final LineReader reader;

  private TerminalLines(Terminal terminal, LineReader reader) {
    this.terminal = terminal;
    this.reader = reader;
  }

  /** Takes the terminal; {@code words} are completed with the tabulator key. */
  static TerminalLines open(List<String> words) throws IOException {
    Terminal terminal = TerminalBuilder.builder().name("levin").system(true).build();
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("levin")
            .completer(new StringsCompleter(words))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
    historyFile().ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
    return new TerminalLines(terminal, builder.build());
  }

  /** {@code ~/.levin/history} when it can be written. */
  private static Optional<Path> historyFile() {
    String home =
        Objects.requireNonNullElse(System.getenv("HOME"), System.getProperty("user.home"));
    try {
      Path file = Path.of(home, ".levin", "history");
      Files.createDirectories(file.getParent());
      Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      return Optional.of(file);
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  @Override
  public String read() {
    while (true) {
      try {
        return reader.readLine(PROMPT);
      } catch (UserInterruptException e) {
        terminal.writer().println("(Ctrl-D or /quit leaves)");
        terminal.flush();
      } catch (EndOfFileException e) {
        return null;
      }
    }
  }

  @Override
  public void close() throws IOException {
    terminal.close();
  }
}
