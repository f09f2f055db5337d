package dev.levin.core.op;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;

/** Tensors without memory: records and costs look at shapes only. */
final class Views {
  private record Boundless() implements Buffer {
    @Override
    public long byteSize() {
      return Long.MAX_VALUE;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private Views() {}

  static Tensor of(DType dtype, long... dims) {
    return Tensor.of(dtype, Shape.of(dims), new Boundless(), 0);
  }

  static Tensor f32(long... dims) {
    return of(DType.F32, dims);
  }

  static Tensor i32(long... dims) {
    return of(DType.I32, dims);
  }

  /** A batch of sequences with these numbers of queries and of keys, in pages of 16 tokens. */
  static RaggedBatch batch(int[] queries, int[] keys) {
    int[] starts = new int[queries.length + 1];
    for (int i = 0; i < queries.length; i++) {
      starts[i + 1] = starts[i] + queries[i];
    }
    BatchLengths lengths = new BatchLengths();
    lengths.set(queries.length, starts, keys);
    int tokens = starts[queries.length];
    int sequences = queries.length;
    return new RaggedBatch(
        i32(tokens),
        i32(sequences + 1),
        i32(sequences),
        i32(sequences, 8),
        i32(tokens),
        i32(sequences),
        16,
        lengths);
  }
}
