package dev.levin.formats.synthetic;

import dev.levin.formats.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.IntToDoubleFunction;

/** A small F32 tensor given by a formula. */
record Floats(float[] values) implements GgufWriter.TensorData {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static Floats of(int count, IntToDoubleFunction formula) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) formula.applyAsDouble(i);
    }
    return new Floats(values);
  }

  @Override
  public void fill(long offset, MemorySegment chunk) {
    int first = (int) (offset / Float.BYTES);
    int count = (int) (chunk.byteSize() / Float.BYTES);
    MemorySegment.copy(values, first, chunk, FLOAT, 0, count);
  }
}
