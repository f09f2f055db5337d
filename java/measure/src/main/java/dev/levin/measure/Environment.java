package dev.levin.measure;

import dev.levin.core.backend.Backends;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Where and with what something was measured.
 *
 * @param levin version
 * @param commit of the sources, empty when unknown
 * @param jdk version and vendor
 * @param jvmOptions flags and properties the JVM was started with, but for {@code levin.home}
 * @param processors that the JVM may use
 * @param loadAverage runnable threads of the machine over the last minute before the run began;
 *     negative when unknown
 * @param date when the run began, UTC
 */
public record Environment(
    String levin,
    String commit,
    String jdk,
    List<String> jvmOptions,
    String os,
    String processor,
    int processors,
    double loadAverage,
    String command,
    String date) {

  /** This process, now. */
  public static Environment current(String levin, String commit, String command) {
    return new Environment(
        levin,
        commit,
        Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
        keptOptions(),
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")),
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        command,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /** Without the folder Levin lies in, which changes no result and names the machine's owner. */
  private static List<String> keptOptions() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-Dlevin.home="))
        .toList();
  }

  private static String processorName() {
    return Backends.list().stream()
        .filter(status -> status.name().equals("cpu"))
        .flatMap(status -> status.devices().stream())
        .map(device -> device.name())
        .findFirst()
        .orElse("");
  }
}
