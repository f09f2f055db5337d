package dev.levin.measure.importance;

import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Linear;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Sums of squares of what each column of a matrix, or of each expert's, is multiplied by. */
final class ColumnSquares {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  private final double[][] sums;
  private final long[] rows;

  ColumnSquares(int experts, int columns) {
    sums = new double[experts][columns];
    rows = new long[experts];
  }

  void add(Linear linear) {
    MemorySegment memory = HostBuffer.segmentOf(linear.x());
    for (long t = 0; t < linear.x().dim(0); t++) {
      add(memory, linear.x().offset(t), 0);
    }
  }

  void add(GroupedLinear linear) {
    Tensor x = linear.x();
    Tensor ids = linear.ids();
    MemorySegment memory = HostBuffer.segmentOf(x);
    MemorySegment experts = HostBuffer.segmentOf(ids);
    for (long t = 0; t < ids.dim(0); t++) {
      for (long j = 0; j < ids.dim(1); j++) {
        int expert = experts.get(INT, ids.offset(t) + j * Integer.BYTES);
        add(memory, x.rank() == 2 ? x.offset(t) : x.offset(t, j), expert);
      }
    }
  }

  private void add(MemorySegment memory, long at, int expert) {
    double[] sum = sums[expert];
    for (int i = 0; i < sum.length; i++) {
      double value = memory.get(FLOAT, at + 4L * i);
      sum[i] += value * value;
    }
    rows[expert]++;
  }

  /** [experts * columns]; an expert that nothing reached counts all columns alike. */
  float[] means() {
    int columns = sums[0].length;
    float[] means = new float[sums.length * columns];
    for (int expert = 0; expert < sums.length; expert++) {
      for (int i = 0; i < columns; i++) {
        double mean = rows[expert] == 0 ? 1 : sums[expert][i] / rows[expert];
        means[expert * columns + i] = (float) Math.min(mean, Float.MAX_VALUE);
      }
    }
    return means;
  }
}
