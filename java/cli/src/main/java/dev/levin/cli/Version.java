package dev.levin.cli;

import dev.levin.measure.LevinVersion;
import java.io.IOException;
import picocli.CommandLine.IVersionProvider;

/** Version, commit, JDK and system, as a report about a fault needs them. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() throws IOException {
    String commit = LevinVersion.commit().map(id -> " (commit " + id + ")").orElse("");
    return new String[] {
      "levin " + LevinVersion.number() + commit,
      "JDK " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
      System.getProperty("os.name")
          + " "
          + System.getProperty("os.version")
          + " "
          + System.getProperty("os.arch"),
    };
  }
}
