package dev.levin.bench;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.core.op.Linear;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** The matrix product of every layer: one token as in decode, several as in prefill. */
public class LinearBenchmark extends MicroBenchmark {
  /** Encoding of the weight; Levin's name of it. */
  @Param({"F32", "F16", "BF16", "Q8_0", "Q4_0"})
  public String dtype;

  /** Tokens, rows and columns of the weight: {@code TxNxK}. */
  @Param({"1x2048x2048", "32x2048x2048"})
  public String shape;

  private Backend backend;
  private Tensor input;
  private Tensor weight;
  private Tensor output;
  private Linear linear;

  /** Makes seeded normal values and encodes the weight row by row. */
  @Setup(Level.Trial)
  public void prepare() {
    String[] sizes = shape.split("x");
    int tokens = Integer.parseInt(sizes[0]);
    int rows = Integer.parseInt(sizes[1]);
    int columns = Integer.parseInt(sizes[2]);
    Random random = new Random(SEED);
    backend = Backends.open("cpu");
    input = encoded(DType.F32, tokens, columns, random);
    weight = encoded(DType.valueOf(dtype), rows, columns, random);
    output = Tensor.allocateHost(DType.F32, tokens, rows);
    linear = new Linear(input, backend.importWeight(weight), null, null, output, 1);
  }

  private static Tensor encoded(DType dtype, int rows, int columns, Random random) {
    Tensor tensor = Tensor.allocateHost(dtype, rows, columns);
    MemorySegment segment = HostBuffer.segmentOf(tensor);
    float[] row = new float[columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        row[j] = (float) random.nextGaussian();
      }
      Codecs.of(dtype).encode(row, 0, segment, i * tensor.rowBytes(), columns);
    }
    return tensor;
  }

  /** One op, from launch until its result is there. */
  @Benchmark
  public Tensor linear() {
    backend.launch(linear, backend.stream());
    backend.stream().synchronize();
    return output;
  }

  /** Frees the tensors and the backend. */
  @TearDown(Level.Trial)
  public void close() {
    backend.close();
    input.buffer().close();
    weight.buffer().close();
    output.buffer().close();
  }

  /** {@code out[token, row]}, for tests. */
  float result(int token, int row) {
    long index = token * output.dim(1) + row;
    return HostBuffer.segmentOf(output).getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /** {@code out[token, row]} in double arithmetic from the decoded weight, for tests. */
  double expected(int token, int row) {
    float[] left = decodedRow(input, token);
    float[] right = decodedRow(weight, row);
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += (double) left[i] * right[i];
    }
    return sum;
  }

  private static float[] decodedRow(Tensor tensor, int row) {
    float[] values = new float[(int) tensor.dim(1)];
    Codecs.of(tensor.dtype())
        .decode(HostBuffer.segmentOf(tensor), row * tensor.rowBytes(), values, 0, values.length);
    return values;
  }
}
