package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Products with ternary weights by lookup. They need copies of the weights in another order, which
 * are kept for weights that cannot change, and made anew for each op otherwise.
 */
final class LookupKernels implements EncodedKernels {
  private final TernaryCopies copies = new TernaryCopies();

  @Override
  public Activations newActivations() {
    return new LookupActivations();
  }

  @Override
  public Worker newWorker() {
    return new LookupWorker();
  }

  @Override
  public void bind(
      DType dtype,
      MemorySegment weight,
      boolean constant,
      long[] at,
      int count,
      long rowStride,
      int rows,
      int k) {
    copies.bind(dtype, weight, constant, at, count, rowStride, rows, k);
  }

  /** Tables are made again for every call, so calls are for many rows. */
  @Override
  public int resultsAtOnce() {
    return 1 << 18;
  }

  /** So many that tables are a small part: with 256 rows prompts took an eighth longer. */
  @Override
  public int rowsTogether() {
    return 32 * TernaryRows.GROUP;
  }

  private final class LookupWorker implements Worker {
    private final MemorySegment tables = TernaryTables.allocate();
    private float[] sums = {};
    private float[] decoded = {};

    @Override
    public void prepare(Activations activations, float[] x, int from, int to) {
      for (int row = from; row < to; row++) {
        ((LookupActivations) activations).prepare(x, row);
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
      LookupActivations x = (LookupActivations) activations;
      TernaryRows copy = copies.find(weight, at);
      if (copy.memory == null) {
        multiplyAny(x, weight, at, rowStride, weightRows, rows, from, to, out, outStride);
        return;
      }
      int first = (int) ((at - copy.at) / rowStride);
      int group = first / TernaryRows.GROUP;
      int groups = Math.ceilDiv(first + weightRows, TernaryRows.GROUP) - group;
      int width = groups * TernaryRows.GROUP;
      int count = Math.multiplyExact(width, to - from);
      if (sums.length < count) {
        sums = new float[count];
      }
      Arrays.fill(sums, 0, count, 0f);
      for (int block = 0; block < x.blocks; block++) {
        long codesAt = copy.offset(block, group);
        for (int i = from; i < to; i++) {
          int index = rows[i] * x.blocks + block;
          TernaryTables.build(x.codes, index * TernaryRows.SLOTS, tables);
          int sumsAt = (i - from) * width;
          TernaryTables.add(copy.memory, codesAt, groups, tables, x.scales[index], sums, sumsAt);
        }
      }
      int skipped = first - group * TernaryRows.GROUP;
      for (int i = 0; i < to - from; i++) {
        System.arraycopy(sums, i * width + skipped, out, i * outStride, weightRows);
      }
    }

    /** For weights that are not ternary whatever their format says. */
    private void multiplyAny(
        LookupActivations x,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int[] rows,
        int from,
        int to,
        float[] out,
        int outStride) {
      if (decoded.length < x.k) {
        decoded = new float[x.k];
      }
      for (int r = 0; r < weightRows; r++) {
        RowDecoders.decode(x.dtype, weight, at + r * rowStride, decoded, 0, x.k);
        for (int i = from; i < to; i++) {
          float sum = 0;
          for (int j = 0; j < x.k; j++) {
            sum = Math.fma(decoded[j], x.value(rows[i], j), sum);
          }
          out[(i - from) * outStride + r] = sum;
        }
      }
    }
  }
}
