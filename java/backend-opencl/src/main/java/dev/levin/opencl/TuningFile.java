package dev.levin.opencl;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sizes that were found best for a device, one properties file a device and driver. Files appear
 * whole, by renaming, so that several processes can share a folder. One that cannot be read, or
 * whose sizes the device cannot run, is left alone and the table's sizes are used.
 */
final class TuningFile {
  /** System property: the folder of such files, or {@code off}. */
  static final String PROPERTY = "levin.opencl.tuning";

  private static final Logger LOG = LoggerFactory.getLogger(TuningFile.class);

  private final Optional<Path> folder;

  TuningFile(Optional<Path> folder) {
    this.folder = folder;
  }

  static TuningFile configured() {
    String value = System.getProperty(PROPERTY, "").strip();
    if (value.equals("off")) {
      return new TuningFile(Optional.empty());
    }
    return new TuningFile(
        Optional.of(
            value.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "levin", "opencl-tuning")
                : Path.of(value)));
  }

  private static Path path(Path folder, OpenClDevice device) {
    String name = device.info().name().replaceAll("[^A-Za-z0-9]+", "-");
    String key =
        BinaryCache.key(
            device.info().properties().getOrDefault("platform version", ""),
            device.info().name(),
            device.driver());
    return folder.resolve(name + "-" + key.substring(0, 12) + ".properties");
  }

  /** The sizes kept for a device, otherwise those of the table. */
  LaunchSizes sizes(OpenClDevice device) {
    LaunchSizes table = LaunchSizes.of(device);
    if (folder.isEmpty() || !Files.isRegularFile(path(folder.get(), device))) {
      return table;
    }
    Path file = path(folder.get(), device);
    try {
      LaunchSizes kept = table.with(read(file));
      if (kept.fits(device)) {
        return kept;
      }
      LOG.warn("{} has sizes that {} cannot run; it is not used", file, device.info().name());
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("{} cannot be read and is not used: {}", file, e.getMessage());
    }
    return table;
  }

  private static Map<String, Integer> read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, Integer> values = new LinkedHashMap<>();
    for (String name : properties.stringPropertyNames()) {
      values.put(name, Integer.valueOf(properties.getProperty(name).strip()));
    }
    return values;
  }

  /**
   * Keeps sizes for a device.
   *
   * @return the file they are in
   */
  Path store(OpenClDevice device, LaunchSizes sizes) throws IOException {
    if (folder.isEmpty()) {
      throw new IOException(PROPERTY + " is off: there is no folder to keep sizes in");
    }
    Properties properties = new Properties();
    sizes.values().forEach((name, value) -> properties.setProperty(name, value.toString()));
    StringWriter text = new StringWriter();
    properties.store(text, device.info().name());
    Files.createDirectories(folder.get());
    Path file = path(folder.get(), device);
    Path written = Files.createTempFile(folder.get(), "tuning", ".part");
    try {
      Files.writeString(written, text.toString());
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(written);
    }
    return file;
  }
}
