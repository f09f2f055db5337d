package dev.levin.measure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/** Which Levin this is, as results and reports about faults name it. */
public final class LevinVersion {
  /** The checkout the launcher runs from. */
  private static final String HOME_PROPERTY = "levin.home";

  private static final int GIT_SECONDS = 5;

  private LevinVersion() {}

  /** As Maven has it, for example {@code 0.1.0-SNAPSHOT}. */
  public static String number() throws IOException {
    Properties properties = new Properties();
    try (InputStream resource = LevinVersion.class.getResourceAsStream("version.properties")) {
      properties.load(resource);
    }
    return properties.getProperty("version");
  }

  /**
   * Commit of the checkout that {@code levin.home} names, {@code -dirty} when something is not in
   * it; empty without a checkout or git. Asked for when needed instead of being built in: the
   * launcher builds when sources change, not when they are committed.
   */
  public static Optional<String> commit() {
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
