package dev.levin.cpu;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Host tensors for tests. They are never freed: a test JVM is short-lived. */
final class TestTensors {
  private TestTensors() {}

  /** Normally distributed values, one in sixteen of them eight times as large. */
  static float[] peaky(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian() * (random.nextInt(16) == 0 ? 8 : 1);
    }
    return values;
  }

  static Tensor of(float[] values, long... dims) {
    Tensor tensor = Tensor.allocateHost(DType.F32, dims);
    Host.write(values, 0, HostBuffer.segmentOf(tensor), 0, values.length);
    return tensor;
  }

  static Tensor random(Random random, long... dims) {
    return of(peaky(random, Math.toIntExact(Shape.of(dims).elements())), dims);
  }

  static Tensor empty(long... dims) {
    return Tensor.allocateHost(DType.F32, dims);
  }

  static Tensor ints(int... values) {
    Tensor tensor = Tensor.allocateHost(DType.I32, values.length);
    for (int i = 0; i < values.length; i++) {
      HostBuffer.segmentOf(tensor).set(Host.INT, 4L * i, values[i]);
    }
    return tensor;
  }

  static Tensor ints(int[][] rows) {
    Tensor tensor = Tensor.allocateHost(DType.I32, rows.length, rows[0].length);
    for (int r = 0; r < rows.length; r++) {
      for (int c = 0; c < rows[r].length; c++) {
        HostBuffer.segmentOf(tensor).set(Host.INT, tensor.offset(r) + 4L * c, rows[r][c]);
      }
    }
    return tensor;
  }

  /** Random values in the given encoding; encodings that are only read get random bytes. */
  static Tensor encoded(Random random, DType dtype, long... dims) {
    Tensor tensor = Tensor.allocateHost(dtype, dims);
    if (!Codecs.of(dtype).canEncode()) {
      byte[] bytes = new byte[Math.toIntExact(dtype.bytes(tensor.shape()))];
      random.nextBytes(bytes);
      MemorySegment.copy(
          bytes, 0, HostBuffer.segmentOf(tensor), ValueLayout.JAVA_BYTE, 0, bytes.length);
      return tensor;
    }
    float[] values = peaky(random, Math.toIntExact(tensor.shape().elements()));
    Codecs.of(dtype).encode(values, 0, HostBuffer.segmentOf(tensor), 0, values.length);
    return tensor;
  }

  /** The decoded values of a contiguous tensor. */
  static float[] values(Tensor tensor) {
    int count = Math.toIntExact(tensor.shape().elements());
    float[] values = new float[count];
    Codecs.of(tensor.dtype())
        .decode(HostBuffer.segmentOf(tensor), tensor.offset(), values, 0, count);
    return values;
  }

  /** A batch whose sequences own the pages of the table; every token's slot follows from it. */
  static RaggedBatch batch(int pageSize, int[] queryLens, int[] kvLens, int[][] pages) {
    int sequences = queryLens.length;
    int[] starts = new int[sequences + 1];
    for (int b = 0; b < sequences; b++) {
      starts[b + 1] = starts[b] + queryLens[b];
    }
    int[] positions = new int[starts[sequences]];
    int[] slots = new int[starts[sequences]];
    int[] stateSlots = new int[sequences];
    for (int b = 0; b < sequences; b++) {
      stateSlots[b] = b;
      for (int i = 0; i < queryLens[b]; i++) {
        int key = kvLens[b] - queryLens[b] + i;
        positions[starts[b] + i] = key;
        slots[starts[b] + i] = pages[b][key / pageSize] * pageSize + key % pageSize;
      }
    }
    BatchLengths lengths = new BatchLengths();
    lengths.set(sequences, starts, kvLens);
    return new RaggedBatch(
        ints(positions),
        ints(starts),
        ints(kvLens),
        ints(pages),
        ints(slots),
        ints(stateSlots),
        pageSize,
        lengths);
  }
}
