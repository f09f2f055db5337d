package dev.levin.bench;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.core.op.RmsNorm;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** The norm before every block. */
public class RmsNormBenchmark extends MicroBenchmark {
  private static final float EPSILON = 1e-5f;

  /** Tokens and width: {@code TxC}. */
  @Param({"1x2048", "128x2048", "128x4096"})
  public String shape;

  private Backend backend;
  private Tensor input;
  private Tensor output;
  private RmsNorm norm;

  /** Makes seeded normal values. */
  @Setup(Level.Trial)
  public void prepare() {
    String[] sizes = shape.split("x");
    int tokens = Integer.parseInt(sizes[0]);
    int columns = Integer.parseInt(sizes[1]);
    Random random = new Random(SEED);
    backend = Backends.open("cpu");
    input = Tensor.allocateHost(DType.F32, tokens, columns);
    for (long i = 0; i < (long) tokens * columns; i++) {
      HostBuffer.segmentOf(input)
          .setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    output = Tensor.allocateHost(DType.F32, tokens, columns);
    norm = new RmsNorm(input, null, output, EPSILON, 0);
  }

  /** One op, from launch until its result is there. */
  @Benchmark
  public Tensor norm() {
    backend.launch(norm, backend.stream());
    backend.stream().synchronize();
    return output;
  }

  /** Frees the tensors and the backend. */
  @TearDown(Level.Trial)
  public void close() {
    backend.close();
    input.buffer().close();
    output.buffer().close();
  }
}
