package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * The scalar definition of one encoding: what every kernel, packing and test is measured against.
 *
 * <p>Decoding is bit-exact to the published layout and happens in float32 arithmetic in the order
 * the format's own reference uses. Stateless and thread-safe.
 */
public interface BlockCodec {
  DType dtype();

  /**
   * Decodes {@code count} values (a multiple of the block size).
   *
   * @param source encoded blocks, heap or native
   * @param sourceOffset byte offset of the first block, of any alignment
   * @throws IllegalArgumentException when source or target is too short, or {@code count} cuts a
   *     block
   */
  void decode(MemorySegment source, long sourceOffset, float[] target, int targetOffset, int count);

  /** False for encodings that Levin only reads. */
  boolean canEncode();

  /**
   * Encodes {@code count} values (a multiple of the block size).
   *
   * @param target heap or native
   * @param targetOffset byte offset of the first block, of any alignment
   * @throws IllegalArgumentException as {@link #decode} does
   * @throws UnsupportedOperationException when {@link #canEncode()} is false
   */
  void encode(float[] source, int sourceOffset, MemorySegment target, long targetOffset, int count);

  /**
   * Encodes {@code count} values, minimising the error weighted by importance: what an error in a
   * column of a weight matrix costs is proportional to the mean square of what the column is
   * multiplied by. Formats that round every value to the nearest level ignore importance.
   *
   * @param importance {@code importance[importanceOffset + i]} weighs {@code source[sourceOffset +
   *     i]}; finite and not negative, only ratios matter, all zeros weigh alike. Null is {@link
   *     #encode(float[], int, MemorySegment, long, int)}.
   * @throws IllegalArgumentException as {@link #decode} does, and for importance that is too short,
   *     negative or not finite
   * @throws UnsupportedOperationException when {@link #canEncode()} is false
   */
  void encode(
      float[] source,
      int sourceOffset,
      float[] importance,
      int importanceOffset,
      MemorySegment target,
      long targetOffset,
      int count);
}
