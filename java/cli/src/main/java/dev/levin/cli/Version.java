package dev.levin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.IVersionProvider;

/** Version, commit, JDK and system, as a report about a fault needs them. */
final class Version implements IVersionProvider {
  /** The checkout the launcher runs from. */
  private static final String HOME_PROPERTY = "levin.home";

  private static final int GIT_SECONDS = 5;

  @Override
  public String[] getVersion() throws IOException {
    String commit = commit().map(id -> " (commit " + id + ")").orElse("");
    return new String[] {
      "levin " + number() + commit,
      "JDK " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
      System.getProperty("os.name")
          + " "
          + System.getProperty("os.version")
          + " "
          + System.getProperty("os.arch"),
    };
  }

  static String number() throws IOException {
    Properties properties = new Properties();
    try (InputStream resource = Version.class.getResourceAsStream("version.properties")) {
      properties.load(resource);
    }
    return properties.getProperty("version");
  }

  /**
   * Asked for when needed instead of being built in: the launcher builds when sources change, not
   * when they are committed.
   */
  static Optional<String> commit() {
    String home = System.getProperty(HOME_PROPERTY);
    if (home == null || !Files.exists(Path.of(home, ".git"))) {
      return Optional.empty();
    }
    try {
      Process git =
          new ProcessBuilder("git", "-C", home, "describe", "--always", "--dirty", "--exclude=*")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String id = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      boolean answered = git.waitFor(GIT_SECONDS, TimeUnit.SECONDS) && git.exitValue() == 0;
      return answered && !id.isEmpty() ? Optional.of(id) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
