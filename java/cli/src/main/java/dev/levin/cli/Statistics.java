package dev.levin.cli;

import dev.levin.engine.FinishReason;
import dev.levin.engine.GenerationStats;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a generation took, in one line for people. */
final class Statistics {
  private static final Path PROCESS_STATUS = Path.of("/proc/self/status");
  private static final String PEAK_RESIDENT = "VmHWM:";
  private static final long KIBIBYTE = 1024;

  private Statistics() {}

  static String format(GenerationStats stats, long loadNanos) {
    boolean anyToken = stats.generatedTokens() > 0;
    StringBuilder line = new StringBuilder("[prompt ").append(tokens(stats.promptTokens()));
    if (stats.cachedTokens() > 0) {
      line.append(" (").append(stats.cachedTokens()).append(" cached)");
    }
    line.append(speed(anyToken ? stats.promptTokensPerSecond() : 0));
    line.append(" | generated ").append(tokens(stats.generatedTokens()));
    line.append(speed(stats.generationTokensPerSecond()));
    if (anyToken) {
      line.append(" | first token ");
      line.append(Units.duration(Math.round(stats.timeToFirstTokenSeconds() * 1e9)));
    }
    if (loadNanos > 0) {
      line.append(" | load ").append(Units.duration(loadNanos));
    }
    line.append(" | peak memory ").append(Units.bytes(peakMemoryBytes()));
    return line.append(reason(stats.finishReason())).append(']').toString();
  }

  private static String tokens(int count) {
    return count + (count == 1 ? " token" : " tokens");
  }

  /** Empty for 0, which stands for a speed that nothing was measured of. */
  private static String speed(double tokensPerSecond) {
    return tokensPerSecond > 0 ? ", " + Units.decimal(tokensPerSecond) + " t/s" : "";
  }

  private static String reason(FinishReason reason) {
    return switch (reason) {
      case LENGTH -> " | ended by -n";
      case STOP_STRING -> " | ended by --stop";
      case CONTEXT_FULL -> " | the context is full";
      case CANCELLED -> " | stopped";
      case STOP, FAILED -> "";
      case null -> "";
    };
  }

  /**
   * The most physical memory this process held at once, mapped weights included where the system
   * tells; otherwise the heap and what the JVM holds beside it now.
   */
  static long peakMemoryBytes() {
    try {
      for (String line : Files.readAllLines(PROCESS_STATUS)) {
        if (line.startsWith(PEAK_RESIDENT)) {
          return Long.parseLong(line.replaceAll("\\D", "")) * KIBIBYTE;
        }
      }
    } catch (IOException e) {
      // Not Linux: the management beans answer below.
    }
    var memory = ManagementFactory.getMemoryMXBean();
    return memory.getHeapMemoryUsage().getCommitted()
        + memory.getNonHeapMemoryUsage().getCommitted();
  }
}
