package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Chooses one token of each row of logits x, in this order:
 *
 * <ol>
 *   <li>A row that holds NaN or positive infinity, or nothing but negative infinity, gives -1.
 *   <li>Where the temperature is not above 0, the highest logit wins and the rest is left out. Here
 *       and below the lower id comes first among equals, and both zeros are equal.
 *   <li>Top-k, where k is above 0: the k highest logits stay.
 *   <li>Top-p, where p is below 1: with weights {@code exp(x - max)}, the fewest highest stay that
 *       weigh at least p times what top-k left; never none.
 *   <li>Min-p, where p is above 0: logits of at least {@code max + log(p)} stay; the highest always
 *       does.
 *   <li>The draw: with weights {@code exp((x - max) / temperature)} of what is left, in the order
 *       of ids, the first token that brings the running sum above point times the sum of all.
 * </ol>
 *
 * <p>Weights may be rounded to float32 and to multiples of 2^-40, and p to a multiple of 2^-24: a
 * token whose border lies within 1e-6 of the point, as a share of the whole, may give way to its
 * neighbour. Nothing else is left open.
 *
 * @param logits [R, V] F32, V from 1 to below {@link #MAX_VOCAB}
 * @param temperature [R] F32, 0 for greedy
 * @param topK [R] I32, 0 for all
 * @param topP [R] F32, 1 for all
 * @param minP [R] F32, 0 for all
 * @param point [R] F32 in [0, 1), from {@link #point}
 * @param ids [R] I32
 */
public record Sample(
    Tensor logits,
    Tensor temperature,
    Tensor topK,
    Tensor topP,
    Tensor minP,
    Tensor point,
    Tensor ids)
    implements Op {
  /** Sums of this many weights in units of 2^-40 still fit 64 bits. */
  public static final int MAX_VOCAB = 1 << 20;

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  public Sample {
    Check.f32("logits", logits, Check.ANY, Check.ANY);
    Check.that(
        logits.dim(1) >= 1 && logits.dim(1) < MAX_VOCAB,
        "logits is %s, expected 1 to %d columns",
        logits,
        MAX_VOCAB - 1);
    long rows = logits.dim(0);
    Check.f32("temperature", temperature, rows);
    Check.dtype("topK", topK, DType.I32);
    Check.shape("topK", topK, rows);
    Check.f32("topP", topP, rows);
    Check.f32("minP", minP, rows);
    Check.f32("point", point, rows);
    Check.dtype("ids", ids, DType.I32);
    Check.shape("ids", ids, rows);
  }

  /**
   * A number in [0, 1), a multiple of 2^-24, that depends on its arguments alone: the finalizer of
   * SplitMix64 (Steele, Lea and Flood 2014) over a counter.
   *
   * @param position of the token in its text
   */
  public static float point(long seed, long position) {
    return (mix(mix(seed) + GOLDEN_GAMMA * (position + 1)) >>> 40) * 0x1p-24f;
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
