package dev.levin.core.backend;

/**
 * What a device can do with all that its ops may use of it: the ruler for kernels.
 *
 * @param readBytesPerSecond reading memory that no cache holds
 * @param flopsPerSecond F32 multiply-adds in registers, each counted as two
 */
public record Ceilings(double readBytesPerSecond, double flopsPerSecond) {
  public Ceilings {
    if (!(readBytesPerSecond > 0 && flopsPerSecond > 0)) {
      throw new IllegalArgumentException(
          "ceilings of %s bytes/s and %s FLOP/s".formatted(readBytesPerSecond, flopsPerSecond));
    }
  }

  /** The fewest seconds that {@code flops} and {@code bytes} can take. */
  public double seconds(double flops, double bytes) {
    return Math.max(flops / flopsPerSecond, bytes / readBytesPerSecond);
  }
}
