package dev.levin.testkit.grid;

import java.util.Random;

/**
 * Seeded numbers. Inputs are peaky on purpose: uniform ones let a wrong softmax or norm pass. Each
 * named draw is a sequence of its own, so that adding one does not change the others.
 */
public final class Draw {
  private static final double LARGE_SHARE = 0.02;
  private static final double ZERO_SHARE = 0.05;
  private static final float LARGE = 8;

  private final long seed;
  private final Random random;

  public Draw(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  /** An independent sequence that depends on this one's seed and the name alone. */
  public Draw named(String name) {
    return new Draw(seed * 1_000_003 + name.hashCode());
  }

  /** Normal values, some zero, a few eight times as large. */
  public float[] peaky(long count) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      double kind = random.nextDouble();
      float value = (float) random.nextGaussian();
      values[i] = kind < ZERO_SHARE ? 0 : kind > 1 - LARGE_SHARE ? LARGE * value : value;
    }
    return values;
  }

  /** Peaky values times a factor. */
  public float[] peaky(long count, float factor) {
    float[] values = peaky(count);
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return values;
  }

  /** Peaky values among which extremes of float32 that any formula must survive are planted. */
  public float[] extreme(long count, float... extremes) {
    float[] values = peaky(count);
    for (int i = 0; i < values.length; i++) {
      if (random.nextInt(11) == 0) {
        values[i] = extremes[random.nextInt(extremes.length)];
      }
    }
    return values;
  }

  /** Values in [low, high). */
  public float[] between(long count, float low, float high) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    return values;
  }

  /** Integers in [0, bound). */
  public int[] ints(long count, int bound) {
    int[] values = new int[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(bound);
    }
    return values;
  }

  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** 0 to count - 1 in random order. */
  public int[] shuffled(int count) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      values[i] = values[other];
      values[other] = i;
    }
    return values;
  }
}
