package dev.levin.bench;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Attention of one sequence with the heads of llama-1b: 32 of 64 values over 8 of the cache. */
public class AttentionBenchmark extends MicroBenchmark {
  private static final int HEADS = 32;
  private static final int KV_HEADS = 8;
  private static final int HEAD_DIM = 64;
  private static final int PAGE_SIZE = 16;

  /** Encoding of keys and values. */
  @Param({"F32", "F16", "Q8_0"})
  public String kvDtype;

  /** Queries of this step and keys in the cache, the step's own included: {@code TxS}. */
  @Param({"1x256", "1x4096", "128x128"})
  public String shape;

  private Backend backend;
  private Tensor queries;
  private Tensor keys;
  private Tensor values;
  private Tensor output;
  private RaggedBatch batch;
  private Attention attention;

  /** Makes seeded normal queries and keys; values are 1, so that every output is. */
  @Setup(Level.Trial)
  public void prepare() {
    String[] sizes = shape.split("x");
    int tokens = Integer.parseInt(sizes[0]);
    int context = Integer.parseInt(sizes[1]);
    int pages = Math.ceilDiv(context, PAGE_SIZE);
    Random random = new Random(SEED);
    backend = Backends.open("cpu");
    queries = filled(DType.F32, random, tokens, HEADS, HEAD_DIM);
    keys = filled(DType.valueOf(kvDtype), random, pages, KV_HEADS, PAGE_SIZE, HEAD_DIM);
    values = filled(DType.valueOf(kvDtype), null, pages, KV_HEADS, PAGE_SIZE, HEAD_DIM);
    output = Tensor.allocateHost(DType.F32, tokens, HEADS, HEAD_DIM);
    BatchLengths lengths = new BatchLengths();
    lengths.set(1, new int[] {0, tokens}, new int[] {context});
    int first = context - tokens;
    batch =
        new RaggedBatch(
            ints(i -> first + i, tokens),
            ints(i -> i * tokens, 2),
            ints(i -> context, 1),
            ints(i -> i, 1, pages),
            ints(i -> first + i, tokens),
            ints(i -> 0, 1),
            PAGE_SIZE,
            lengths);
    float scale = (float) (1 / Math.sqrt(HEAD_DIM));
    attention =
        new Attention(queries, keys, values, output, null, batch, scale, true, 0, 0, null, null);
  }

  private static Tensor filled(DType dtype, Random random, long... dims) {
    Tensor tensor = Tensor.allocateHost(dtype, dims);
    float[] row = new float[HEAD_DIM];
    for (long r = 0; r < tensor.shape().rows(); r++) {
      for (int i = 0; i < HEAD_DIM; i++) {
        row[i] = random == null ? 1 : (float) random.nextGaussian();
      }
      MemorySegment segment = HostBuffer.segmentOf(tensor);
      Codecs.of(dtype).encode(row, 0, segment, r * tensor.rowBytes(), HEAD_DIM);
    }
    return tensor;
  }

  private static Tensor ints(IntUnaryOperator value, long... dims) {
    Tensor tensor = Tensor.allocateHost(DType.I32, dims);
    for (int i = 0; i < tensor.shape().elements(); i++) {
      HostBuffer.segmentOf(tensor).setAtIndex(ValueLayout.JAVA_INT, i, value.applyAsInt(i));
    }
    return tensor;
  }

  /** One op, from launch until its result is there. */
  @Benchmark
  public Tensor attend() {
    backend.launch(attention, backend.stream());
    backend.stream().synchronize();
    return output;
  }

  /** Frees the tensors and the backend. */
  @TearDown(Level.Trial)
  public void close() {
    backend.close();
    for (Tensor tensor :
        new Tensor[] {
          queries,
          keys,
          values,
          output,
          batch.positions(),
          batch.cuSeqlensQ(),
          batch.kvLens(),
          batch.pageTable(),
          batch.slotMapping(),
          batch.stateSlots()
        }) {
      tensor.buffer().close();
    }
  }
}
