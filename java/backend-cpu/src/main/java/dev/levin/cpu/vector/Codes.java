package dev.levin.cpu.vector;

/**
 * Pieces of two weight rows on their way from a packed block format to floats: a signed byte for
 * each value and a factor for each group of values. They stay in the level-1 cache.
 *
 * <p>Row 1 begins at {@link #PIECE} values, and its groups where that many values' would.
 */
final class Codes {
  /** Most values of a row held at a time, a multiple of all block sizes. */
  static final int PIECE = 2048;

  /** Fewest values that share a scale. */
  static final int SMALLEST_GROUP = 16;

  private static final ThreadLocal<Codes> OF_THREAD = ThreadLocal.withInitial(Codes::new);

  final byte[] bytes = new byte[2 * PIECE];
  final float[] scales = new float[2 * PIECE / SMALLEST_GROUP];

  /** The accumulators of both rows between two pieces. */
  final float[] lanes = new float[2 * Lanes.COUNT];

  private Codes() {}

  static Codes ofThread() {
    return OF_THREAD.get();
  }
}
