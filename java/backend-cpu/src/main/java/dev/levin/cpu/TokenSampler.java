package dev.levin.cpu;

import java.util.Arrays;

/**
 * One worker's choice of tokens, as {@link dev.levin.core.op.Sample} defines it.
 *
 * <p>Nothing is sorted: borders are found by radix selection, eight bits of an order-preserving key
 * at a time. Weights are integers in units of 2^-40 of the largest, so that their sums are exact.
 */
final class TokenSampler {
  private static final int NONE = -1;
  private static final int DIGIT_BITS = 8;
  private static final int DIGITS = 1 << DIGIT_BITS;
  private static final double UNITS = 0x1p40;

  /** Beyond this distance, in temperatures, a weight is less than half a unit. */
  private static final float REACH = 29;

  private final long[] bins = new long[DIGITS];
  private int[] ids = {};
  private int[] keys = {};
  private long[] masses = {};
  private int size;

  /** What the last selection found above its key. */
  private long above;

  /**
   * The token of a row, or -1.
   *
   * @param logits [V], in the first {@code vocab} elements
   */
  int sample(
      float[] logits, int vocab, float temperature, int topK, float topP, float minP, float point) {
    int best = best(logits, vocab);
    if (best == NONE || !(temperature > 0)) {
      return best;
    }
    float highest = logits[best];
    float least = highest - REACH * Math.max(1, temperature);
    if (topK > 0 && topK < vocab) {
      least = Math.max(least, belowBest(logits, vocab, topK));
    }
    gather(logits, vocab, least);
    if (topK > 0 && topK < size) {
      int border = select(topK, false);
      keep(border, topK - above);
    }
    if (topP < 1) {
      keepMass(logits, highest, topP);
    }
    if (minP > 0) {
      keep(key(Math.min(highest, highest + (float) Math.log(minP))), size);
    }
    return draw(logits, highest, temperature, point);
  }

  private static int best(float[] logits, int vocab) {
    int best = 0;
    boolean valid = true;
    for (int i = 0; i < vocab; i++) {
      valid &= logits[i] < Float.POSITIVE_INFINITY;
      best = logits[i] > logits[best] ? i : best;
    }
    return valid && logits[best] > Float.NEGATIVE_INFINITY ? best : NONE;
  }

  /** Orders as the logits do, compared unsigned; both zeros have one key. */
  private static int key(float logit) {
    int bits = Float.floatToRawIntBits(logit + 0f);
    return bits < 0 ? ~bits : bits | Integer.MIN_VALUE;
  }

  /**
   * A logit that at least {@code count} reach, so that few are left to select from: the lowest of
   * the highest of as many runs of the row.
   */
  private static float belowBest(float[] logits, int vocab, int count) {
    float least = Float.POSITIVE_INFINITY;
    for (int run = 0; run < count; run++) {
      int end = (int) ((long) vocab * (run + 1) / count);
      float most = Float.NEGATIVE_INFINITY;
      for (int i = (int) ((long) vocab * run / count); i < end; i++) {
        most = Math.max(most, logits[i]);
      }
      least = Math.min(least, most);
    }
    return least;
  }

  /** Starts over with the tokens that can weigh anything. */
  private void gather(float[] logits, int vocab, float least) {
    if (ids.length < vocab) {
      ids = new int[vocab];
      keys = new int[vocab];
      masses = new long[vocab];
    }
    size = 0;
    for (int i = 0; i < vocab; i++) {
      if (logits[i] >= least) {
        ids[size] = i;
        keys[size++] = key(logits[i]);
      }
    }
  }

  /** Fills the weights and returns their sum. */
  private long weigh(float[] logits, float highest, float temperature) {
    long total = 0;
    for (int i = 0; i < size; i++) {
      double distance = (logits[ids[i]] - (double) highest) / temperature;
      masses[i] = (long) (Math.exp(distance) * UNITS);
      total += masses[i];
    }
    return total;
  }

  private void keepMass(float[] logits, float highest, float topP) {
    long total = weigh(logits, highest, 1);
    long target = Math.max(1, (long) Math.ceil(topP * (double) total));
    int border = select(target, true);
    long each = (long) (Math.exp(logit(border) - (double) highest) * UNITS);
    keep(border, each == 0 ? 1 : Math.ceilDiv(target - above, each));
  }

  private static float logit(int key) {
    return Float.intBitsToFloat(key < 0 ? key & Integer.MAX_VALUE : ~key);
  }

  /** The highest key from which upwards the candidates weigh, or number, at least the target. */
  private int select(long target, boolean byMass) {
    int found = 0;
    int decided = 0;
    above = 0;
    for (int shift = Integer.SIZE - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
      Arrays.fill(bins, 0);
      for (int i = 0; i < size; i++) {
        if ((keys[i] & decided) == found) {
          bins[keys[i] >>> shift & (DIGITS - 1)] += byMass ? masses[i] : 1;
        }
      }
      int digit = DIGITS - 1;
      while (digit > 0 && above + bins[digit] < target) {
        above += bins[digit--];
      }
      found |= digit << shift;
      decided |= (DIGITS - 1) << shift;
    }
    return found;
  }

  /** Keeps what is above the border, and the first {@code ties} on it. */
  private void keep(int border, long ties) {
    int kept = 0;
    long left = ties;
    for (int i = 0; i < size; i++) {
      int order = Integer.compareUnsigned(keys[i], border);
      if (order > 0 || (order == 0 && left-- > 0)) {
        ids[kept] = ids[i];
        keys[kept++] = keys[i];
      }
    }
    size = kept;
  }

  private int draw(float[] logits, float highest, float temperature, float point) {
    long total = weigh(logits, highest, temperature);
    long target = Math.clamp((long) (point * (double) total), 0, total - 1);
    long sum = 0;
    int at = -1;
    while (sum <= target) {
      sum += masses[++at];
    }
    return ids[at];
  }
}
