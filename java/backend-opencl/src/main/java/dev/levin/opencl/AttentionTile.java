package dev.levin.opencl;

/**
 * The queries that one work-group of attention has, and how many decoded keys lie in local memory
 * at a time. None of it changes a result.
 *
 * @param tokens neighbouring tokens of one sequence
 * @param heads query heads that share a key head
 * @param stageKeys keys, or values, decoded at a time
 * @param stageFloats local memory for them
 * @param queryFloats local memory for queries
 * @param totalFloats local memory for outputs
 */
record AttentionTile(
    long tokens, long heads, int stageKeys, long stageFloats, long queryFloats, long totalFloats) {
  private static final int VECTOR = 16;

  /**
   * Rows share decoded keys, so fewer staged keys come before fewer rows; but no fewer than these.
   */
  private static final int FEWEST_STAGED = 8;

  /** The largest tile that fits; the smallest where none does, which the device then refuses. */
  static AttentionTile of(
      LaunchSizes sizes, long localBytes, long group, long keySize, long valueSize) {
    for (int rows = sizes.attentionRows(); rows > 1; rows /= 2) {
      for (int keys = LaunchSizes.KEYS; keys >= FEWEST_STAGED; keys /= 2) {
        AttentionTile tile = of(sizes, rows, keys, group, keySize, valueSize);
        if (tile.bytes(sizes) <= localBytes) {
          return tile;
        }
      }
    }
    for (int keys = LaunchSizes.KEYS; keys > 1; keys /= 2) {
      AttentionTile tile = of(sizes, 1, keys, group, keySize, valueSize);
      if (tile.bytes(sizes) <= localBytes) {
        return tile;
      }
    }
    return of(sizes, 1, 1, group, keySize, valueSize);
  }

  private static AttentionTile of(
      LaunchSizes sizes, int rows, int keys, long group, long keySize, long valueSize) {
    long heads = Math.min(group, rows);
    long tokens = Math.max(1, rows / heads);
    long padding = sizes.lanes() == 1 ? 0 : 1;
    long stride = padded(Math.max(keySize, valueSize)) + padding;
    return new AttentionTile(
        tokens,
        heads,
        keys,
        keys * stride,
        tokens * heads * padded(keySize),
        tokens * heads * padded(valueSize));
  }

  private static long padded(long size) {
    return Math.ceilDiv(size, (long) VECTOR) * VECTOR;
  }

  /** All local memory of a work-group: what the kernels declare by themselves included. */
  private long bytes(LaunchSizes sizes) {
    long fixed = sizes.attentionRows() * (LaunchSizes.KEYS + 8L) * Float.BYTES;
    long offsets = 2L * LaunchSizes.KEYS * Long.BYTES;
    return (stageFloats + queryFloats + totalFloats) * Float.BYTES + fixed + offsets;
  }
}
