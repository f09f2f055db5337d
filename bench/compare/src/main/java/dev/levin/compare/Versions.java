package dev.levin.compare;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Versions of the peers, as Maven left them in their jars. */
final class Versions {
  private Versions() {}

  static String of(String group, String artifact) {
    String name = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
    try (InputStream stream = Versions.class.getResourceAsStream(name)) {
      if (stream == null) {
        return "(version unknown)";
      }
      Properties properties = new Properties();
      properties.load(stream);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
