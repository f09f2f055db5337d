package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A copy of a matrix of -1, 0 and 1 times scales, for {@link TernaryTables}: 1.94 bits a weight.
 *
 * <p>Blocks of 256 columns follow each other, in each the groups of 32 rows, in each the words: a
 * word of a row is 16 bits, three times five bits of three weights {@code 9 c + 3 b + a}, of which
 * each is 1 more than the weight. The words of 32 rows are a vector: rows i and 16 + i are the
 * halves of lane i. Behind the words of a group are the scales of its rows in F32.
 */
final class TernaryRows {
  static final int BLOCK = 256;

  /** Rows of a group. */
  static final int GROUP = 32;

  static final int WEIGHTS_OF_WORD = 9;

  /** Words of a row's block. */
  static final int WORDS = Math.ceilDiv(BLOCK, WEIGHTS_OF_WORD);

  /** Weights there is room for in a block. */
  static final int SLOTS = WORDS * WEIGHTS_OF_WORD;

  private static final int SCALES = WORDS * 2 * GROUP;

  /** Bytes of a block of a group. */
  static final long GROUP_BYTES = SCALES + (long) Float.BYTES * GROUP;

  private static final int ZERO = 1;

  /** The weight that was copied, and the byte offset of its first row. */
  final MemorySegment weight;

  final long at;

  /** Null where the weight is not ternary. */
  final MemorySegment memory;

  private final DType dtype;
  private final long rowStride;
  private final int rows;
  private final int k;
  private final int groups;

  private TernaryRows(
      DType dtype,
      MemorySegment weight,
      long at,
      long rowStride,
      int rows,
      int k,
      boolean ternary) {
    this.dtype = dtype;
    this.weight = weight;
    this.at = at;
    this.rowStride = rowStride;
    this.rows = rows;
    this.k = k;
    groups = Math.ceilDiv(rows, GROUP);
    long bytes = Math.ceilDiv(k, BLOCK) * groups * GROUP_BYTES;
    memory = ternary ? Pairs.allocate(Math.ceilDiv(bytes, (long) Pairs.BYTES_OF_VECTOR)) : null;
  }

  /** Where the weight begins. */
  long address() {
    return weight.address() + at;
  }

  /** Whether this is the copy of a weight that is still open. */
  boolean isOf(DType dtype, MemorySegment weight, long at, long rowStride, int rows, int k) {
    return address() == weight.address() + at
        && this.weight.scope().equals(weight.scope())
        && weight.scope().isAlive()
        && this.dtype == dtype
        && this.rowStride == rowStride
        && this.rows == rows
        && this.k == k;
  }

  static boolean covers(DType dtype) {
    return dtype == DType.TQ1_0 || dtype == DType.TQ2_0 || dtype == DType.I2_S;
  }

  /** Where the part of a group in a block begins. */
  long offset(int block, int group) {
    return ((long) block * groups + group) * GROUP_BYTES;
  }

  /**
   * Copies a matrix; one with a value that is none of -1, 0 and 1 times the scale of its block has
   * no {@link #memory}.
   */
  static TernaryRows copy(
      DType dtype, MemorySegment weight, long at, long rowStride, int rows, int k) {
    TernaryRows copy = new TernaryRows(dtype, weight, at, rowStride, rows, k, true);
    int blocks = Math.ceilDiv(k, BLOCK);
    float[] values = new float[blocks * BLOCK];
    int[] codes = new int[SLOTS];
    Arrays.fill(codes, ZERO);
    for (int r = 0; r < rows; r++) {
      RowDecoders.decode(dtype, weight, at + r * rowStride, values, 0, k);
      for (int block = 0; block < blocks; block++) {
        float scale = codesOf(values, block * BLOCK, codes);
        if (Float.isNaN(scale)) {
          return new TernaryRows(dtype, weight, at, rowStride, rows, k, false);
        }
        copy.put(r, block, codes, scale);
      }
    }
    return copy;
  }

  /** The scale of a block, NaN where it has other values; leaves the codes. No branch a value. */
  private static float codesOf(float[] values, int from, int[] codes) {
    float scale = 0;
    for (int i = from; i < from + BLOCK; i++) {
      scale = Math.max(scale, Math.abs(values[i]));
    }
    if (!(scale < Float.POSITIVE_INFINITY)) {
      return Float.NaN;
    }
    float divisor = scale == 0 ? 1 : scale;
    int others = 0;
    for (int i = 0; i < BLOCK; i++) {
      float weight = values[from + i] / divisor;
      int code = (int) weight;
      others |= Float.floatToRawIntBits(weight - code) << 1;
      codes[i] = ZERO + code;
    }
    return others == 0 ? scale : Float.NaN;
  }

  private void put(int row, int block, int[] codes, float scale) {
    long group = offset(block, row / GROUP);
    int inGroup = row % GROUP;
    long lane = group + 2L * (inGroup % 16 * 2 + inGroup / 16);
    for (int word = 0; word < WORDS; word++) {
      int first = word * WEIGHTS_OF_WORD;
      int bits = three(codes, first) | three(codes, first + 3) << 5 | three(codes, first + 6) << 10;
      memory.set(Pairs.SHORT, lane + 2L * GROUP * word, (short) bits);
    }
    memory.set(Pairs.FLOAT, group + SCALES + 4L * inGroup, scale);
  }

  private static int three(int[] codes, int i) {
    return codes[i] + 3 * codes[i + 1] + 9 * codes[i + 2];
  }
}
