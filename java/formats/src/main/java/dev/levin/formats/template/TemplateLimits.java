package dev.levin.formats.template;

/**
 * What one rendering may spend before it is refused with a {@link
 * dev.levin.core.ModelFormatException}.
 *
 * @param characters longest output, and longest intermediate string, in UTF-16 units; all strings
 *     made or searched in one rendering together may reach {@value #TEXT_FACTOR} times as many
 * @param steps evaluated nodes, loop iterations and copied list elements
 * @param depth nested macro calls, recursive loops and containers inside containers
 */
public record TemplateLimits(int characters, long steps, int depth) {
  /** 16 Mi characters, 10 million steps, depth 128. */
  public static final TemplateLimits DEFAULTS = new TemplateLimits(16 << 20, 10_000_000, 128);

  static final int TEXT_FACTOR = 8;

  public TemplateLimits {
    if (characters < 1 || steps < 1 || depth < 1) {
      throw new IllegalArgumentException(
          "template limits must be positive, got %d characters, %d steps, depth %d"
              .formatted(characters, steps, depth));
    }
  }
}
