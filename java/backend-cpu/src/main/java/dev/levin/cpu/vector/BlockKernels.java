package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;

import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products of encoded weights of up to eight bits with activations rounded to eight bits. Few
 * activations are multiplied in registers with rows as they lie; for more, rows are unpacked once.
 *
 * <p>In both ways lane i of a product's accumulator takes the products of the lanes i of its
 * vectors in order, by fused multiply-adds with the product of both scales.
 */
final class BlockKernels implements EncodedKernels {
  /** Fewest activation rows for which weights are unpacked. */
  private static final int UNPACK = 4;

  /** Units of unpacked weights that a worker keeps in its level-2 cache. */
  private static final int UNPACKED_UNITS = 1024;

  /** Bytes of the pairs of a unit. */
  private static final long UNIT_BYTES = 2L * BYTES_OF_VECTOR;

  /** Weight rows whose lanes are held before they are added up. */
  private static final int ROWS_AT_ONCE = 128;

  private static final int MAX_ROWS = 64;

  /** Activation rows of the larger tile. */
  private static final int TILE = 4;

  /** Units of a row taken at a time, so that those of a tile's activations fit a level-1 cache. */
  private static final int PIECE = 32;

  @Override
  public Activations newActivations() {
    return new BlockActivations();
  }

  @Override
  public Worker newWorker() {
    return new BlockWorker();
  }

  private static final class BlockWorker implements Worker {
    private final float[] lanes = new float[(MAX_ROWS + 1) * TILE * COUNT];
    private MemorySegment pairs = MemorySegment.NULL;
    private MemorySegment scales = MemorySegment.NULL;
    private MemorySegment padded = MemorySegment.NULL;

    @Override
    public void prepare(Activations activations, float[] x, int from, int to) {
      for (int row = from; row < to; row++) {
        ((BlockActivations) activations).prepare(x, row);
      }
    }

    @Override
    public void multiply(
        Activations activations,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int[] rows,
        int from,
        int to,
        float[] out,
        int outStride) {
      BlockActivations x = (BlockActivations) activations;
      if (to - from < UNPACK) {
        for (int i = from; i < to; i++) {
          multiplyRow(x, weight, at, rowStride, weightRows, rows[i], out, (i - from) * outStride);
        }
        return;
      }
      int block = Math.clamp(UNPACKED_UNITS / x.units, 2, MAX_ROWS) & ~1;
      long rowBytes = x.units * UNIT_BYTES;
      if (pairs.byteSize() < block * rowBytes) {
        pairs = Pairs.allocate(2L * block * x.units);
        scales = Pairs.allocate((long) block * x.units);
      }
      for (int r = 0; r < weightRows; r += block) {
        int count = Math.min(block, weightRows - r);
        for (int i = 0; i < count; i++) {
          long rowAt = at + (r + i) * rowStride;
          boolean readable = readable(x, weight, rowAt);
          MemorySegment source = readable ? weight : padded(x, weight, rowAt);
          BlockPairs kernels = x.format.rows();
          kernels.unpack(source, readable ? rowAt : 0, x.units, pairs, scales, i * rowBytes);
        }
        multiplyUnpacked(x, count, rows, from, to, out, r, outStride);
      }
    }

    /** Whether kernels may read a row where it lies, which they do in whole units. */
    private static boolean readable(BlockActivations x, MemorySegment weight, long at) {
      return x.k % Pairs.UNIT == 0
          && at + x.dtype.rowBytes(x.k) + x.format.overrun() <= weight.byteSize();
    }

    /** A copy of a row with zeros behind it. */
    private MemorySegment padded(BlockActivations x, MemorySegment weight, long at) {
      long bytes = x.dtype.rowBytes(x.k);
      long room = bytes + x.dtype.blockBytes() + x.format.overrun();
      if (padded.byteSize() < room) {
        padded = Arena.ofAuto().allocate(room);
      }
      MemorySegment.copy(weight, at, padded, 0, bytes);
      padded.asSlice(bytes).fill((byte) 0);
      return padded;
    }

    private void multiplyRow(
        BlockActivations x,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int row,
        float[] out,
        int outAt) {
      BlockPairs kernels = x.format.rows();
      for (int r = 0; r < weightRows; ) {
        int count = Math.min(ROWS_AT_ONCE, weightRows - r);
        long first = at + r * rowStride;
        while (count > 1 && !readable(x, weight, first + (count - 1) * rowStride)) {
          count = readable(x, weight, first) ? count - 1 : 1;
        }
        if (readable(x, weight, first)) {
          kernels.dot(weight, first, rowStride, count, x, row, lanes);
        } else {
          kernels.dot(padded(x, weight, first), 0, 0, 1, x, row, lanes);
        }
        for (int i = 0; i < count; i++) {
          out[outAt + r + i] = total(x, row, i * COUNT);
        }
        r += count;
      }
    }

    private void multiplyUnpacked(
        BlockActivations x,
        int count,
        int[] rows,
        int from,
        int to,
        float[] out,
        int outAt,
        int outStride) {
      for (int i = from; i < to; ) {
        int tokens = i + TILE <= to && inOrder(rows, i) ? TILE : 1;
        multiplyTokens(x, count, rows[i], tokens);
        for (int r = 0; r < count; r++) {
          for (int t = 0; t < tokens; t++) {
            int at = ((r & ~1) * tokens + 2 * t + (r & 1)) * COUNT;
            out[outAt + (i - from + t) * outStride + r] = total(x, rows[i] + t, at);
          }
        }
        i += tokens;
      }
    }

    /** A tile reads its activations at one distance. */
    private static boolean inOrder(int[] rows, int i) {
      for (int j = 1; j < TILE; j++) {
        if (rows[i + j] != rows[i] + j) {
          return false;
        }
      }
      return true;
    }

    /** Leaves the accumulators of {@code tokens} activation rows by all weight rows in lanes. */
    private void multiplyTokens(BlockActivations x, int count, int row, int tokens) {
      long stride = x.units * UNIT_BYTES;
      Arrays.fill(lanes, 0, (count + 1) * tokens * COUNT, 0f);
      for (int first = 0; first < x.units; first += PIECE) {
        int length = Math.min(PIECE, x.units - first);
        long from = first * UNIT_BYTES;
        long x0 = row * stride + from;
        for (int r = 0; r < count; r += 2) {
          long w0 = r * stride + from;
          long w1 = Math.min(r + 1, count - 1) * stride + from;
          int at = r * tokens * COUNT;
          if (tokens == TILE) {
            BlockTiles.fourByTwo(
                pairs, scales, w0, w1, x.pairs, x.scales, x0, stride, length, lanes, at);
          } else {
            BlockTiles.oneByTwo(pairs, scales, w0, w1, x.pairs, x.scales, x0, length, lanes, at);
          }
        }
      }
    }

    private float total(BlockActivations x, int row, int at) {
      return Lanes.sum(Pairs.load(lanes, at)) * x.rowScales[row];
    }
  }
}
