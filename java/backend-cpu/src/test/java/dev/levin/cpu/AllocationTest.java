package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Program;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Scoring;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A program runs without a byte of new heap on any thread that takes part. Vectors are objects
 * until the compiler has removed them, so runs go on until a stretch of them allocates nothing.
 *
 * <p>The vector kernels alone are not held to it: whether a vector passes a call without becoming
 * an object depends on the size of the code that the compiler made of the callee before, which
 * changes from run to run. What they allocate themselves they keep, as the others do.
 */
class AllocationTest {
  private static final int RUNS = 20;
  private static final int MOST_STRETCHES = 500;
  private static final int KEYS = 700;
  private static final int HEADS = 8;
  private static final int KV_HEADS = 2;
  private static final int HEAD_DIM = 32;
  private static final int HIDDEN = HEADS * HEAD_DIM;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @ParameterizedTest
  @EnumSource(names = "VECTOR", mode = EnumSource.Mode.EXCLUDE)
  void aProgramAllocatesNothing(CpuOptions.Kernels kernels) {
    try (CpuBackend backend = CpuBackend.open(new CpuOptions(2, kernels))) {
      Program program = backend.prepare(layer(new Random(3)));
      long[] workers = workers();
      long allocated = -1;
      for (int i = 0; i < MOST_STRETCHES && allocated != 0; i++) {
        allocated = stretch(program, backend, workers);
      }
      assertEquals(0, allocated, "bytes in " + RUNS + " runs with " + backend.kernels());
    }
  }

  private static long[] workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("levin-cpu-"))
        .mapToLong(Thread::threadId)
        .toArray();
  }

  private static long stretch(Program program, CpuBackend backend, long[] workers) {
    long before = allocated(workers);
    for (int i = 0; i < RUNS; i++) {
      program.run(backend.stream());
    }
    return allocated(workers) - before;
  }

  private static long allocated(long[] workers) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    for (long worker : workers) {
      bytes += THREADS.getThreadAllocatedBytes(worker);
    }
    return bytes;
  }

  /** A token's way through a layer of every kind of weight that a decode step meets. */
  private static List<Op> layer(Random random) {
    int[] pages = new int[Math.ceilDiv(KEYS, 16)];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = i;
    }
    RaggedBatch batch = TestTensors.batch(16, new int[] {1}, new int[] {KEYS}, new int[][] {pages});
    Tensor x = TestTensors.empty(1, HIDDEN);
    Tensor normed = TestTensors.empty(1, HIDDEN);
    List<Op> ops = new ArrayList<>();
    Tensor table = TestTensors.encoded(random, DType.Q8_0, 3, HIDDEN);
    ops.add(new Embed(table, TestTensors.ints(new int[] {2}), x, 1));
    ops.add(new RmsNorm(x, TestTensors.random(random, HIDDEN), normed, 1e-5f, 0));
    attention(ops, random, batch, normed, x, DType.Q8_0, pages.length);
    attention(ops, random, batch, normed, x, DType.F16, pages.length);
    feedforward(ops, random, normed, x, DType.Q4_0);
    feedforward(ops, random, normed, x, DType.F32);
    experts(ops, random, normed, x);
    return ops;
  }

  private static void attention(
      List<Op> ops,
      Random random,
      RaggedBatch batch,
      Tensor normed,
      Tensor x,
      DType dtype,
      int pages) {
    Tensor q = TestTensors.empty(1, HEADS, HEAD_DIM);
    Tensor k = TestTensors.empty(1, KV_HEADS, HEAD_DIM);
    Tensor v = TestTensors.random(random, 1, KV_HEADS, HEAD_DIM);
    Tensor cosSin = TestTensors.empty(1, HEAD_DIM);
    Tensor keys = TestTensors.encoded(random, dtype, pages, KV_HEADS, 16, HEAD_DIM);
    Tensor values = TestTensors.encoded(random, dtype, pages, KV_HEADS, 16, HEAD_DIM);
    Tensor out = TestTensors.empty(1, HEADS, HEAD_DIM);
    Tensor frequencies = TestTensors.random(random, HEAD_DIM / 2);
    ops.add(new RopeTable(batch.positions(), frequencies, cosSin, 1));
    ops.add(new RopeAppend(q, k, v, cosSin, RopeStyle.HALF, 0, batch.slotMapping(), keys, values));
    ops.add(new Attention(q, keys, values, out, null, batch, 0.2f, true, 0, 0, null, null));
    Tensor weight = TestTensors.encoded(random, dtype, HIDDEN, HIDDEN);
    ops.add(new Linear(normed, weight, null, x, x, 1));
  }

  private static void feedforward(
      List<Op> ops, Random random, Tensor normed, Tensor x, DType dtype) {
    Tensor gate = TestTensors.empty(1, 2 * HIDDEN);
    Tensor up = TestTensors.empty(1, 2 * HIDDEN);
    Tensor weight = TestTensors.encoded(random, dtype, 2 * HIDDEN, HIDDEN);
    ops.add(new Linear(normed, weight, null, null, gate, 1));
    ops.add(new Linear(normed, weight, null, null, up, 1));
    ops.add(new GatedActivation(gate, up, gate, Activation.SILU));
    Tensor down = TestTensors.encoded(random, dtype, HIDDEN, 2 * HIDDEN);
    ops.add(new Linear(gate, down, null, null, normed, 1));
    ops.add(new Add(x, normed, x, 0.5f));
  }

  private static void experts(List<Op> ops, Random random, Tensor normed, Tensor x) {
    Tensor logits = TestTensors.random(random, 1, 4);
    Tensor ids = TestTensors.ints(new int[][] {{0, 1}});
    Tensor weights = TestTensors.empty(1, 2);
    ops.add(new RouteExperts(logits, null, ids, weights, Scoring.SOFTMAX, true, 1, 1, 1));
    Tensor weight = TestTensors.encoded(random, DType.Q8_0, 4, HIDDEN, HIDDEN);
    ops.add(new GroupedLinear(normed, weight, null, ids, weights, x, x));
  }
}
