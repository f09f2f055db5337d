package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.COUNT;

import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products of encoded weights of up to eight bits with activations rounded to eight bits.
 *
 * <p>Whether a row is unpacked or not, lane i of a product's accumulator takes the products of the
 * lanes i of its vectors in order, by fused multiply-adds with the product of both scales.
 */
final class BlockKernels implements EncodedKernels {
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

  private static final class BlockWorker extends PairWorker<BlockActivations> {
    private final float[] lanes = new float[(MOST_UNPACKED + 1) * TILE * COUNT];
    private MemorySegment pairs = MemorySegment.NULL;
    private MemorySegment scales = MemorySegment.NULL;

    private BlockWorker() {
      super(BlockActivations.class);
    }

    @Override
    public void prepare(Activations activations, float[] x, int from, int to) {
      for (int row = from; row < to; row++) {
        ((BlockActivations) activations).prepare(x, row);
      }
    }

    @Override
    void dot(
        BlockActivations x,
        MemorySegment w,
        long at,
        long stride,
        int rows,
        int row,
        float[] out,
        int outAt) {
      x.format.rows().dot(w, at, stride, rows, x, row, lanes);
      for (int r = 0; r < rows; r++) {
        out[outAt + r] = total(x, row, r * COUNT);
      }
    }

    @Override
    void reserve(BlockActivations x, int rows) {
      if (pairs.byteSize() < rows * x.units * UNIT_BYTES) {
        pairs = Pairs.allocate(2L * rows * x.units);
        scales = Pairs.allocate((long) rows * x.units);
      }
    }

    @Override
    void unpack(BlockActivations x, MemorySegment w, long at, int r) {
      x.format.rows().unpack(w, at, x.units, pairs, scales, r * x.units * UNIT_BYTES);
    }

    @Override
    void multiplyTile(
        BlockActivations x, int count, int row, int tokens, float[] out, int outAt, int outStride) {
      multiplyTokens(x, count, row, tokens);
      for (int r = 0; r < count; r++) {
        for (int t = 0; t < tokens; t++) {
          int at = ((r & ~1) * tokens + 2 * t + (r & 1)) * COUNT;
          out[outAt + t * outStride + r] = total(x, row + t, at);
        }
      }
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
