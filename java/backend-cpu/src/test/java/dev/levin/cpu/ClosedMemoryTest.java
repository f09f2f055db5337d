package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.op.Attention;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import java.lang.foreign.Arena;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Memory that another thread unmaps must not be read: that would be the end of the process. */
@ExtendWith(NeedsNative.class)
class ClosedMemoryTest {
  private static final int ROWS = 8192;
  private static final int K = 2048;
  private static final int HEADS = 8;
  private static final int HEAD_DIM = 64;
  private static final int KEYS = 16384;
  private static final int ROUNDS = 20;

  @Test
  void closingAnArenaUnderARunningProductIsAnError() throws Exception {
    Tensor x = Tensor.allocateHost(DType.F32, 1, K);
    Tensor out = Tensor.allocateHost(DType.F32, 1, ROWS);
    closeUnder(arena -> new Linear(x, in(arena, DType.Q8_0, ROWS, K), null, null, out, 1));
    x.buffer().close();
    out.buffer().close();
  }

  @Test
  void closingAnArenaUnderRunningAttentionIsAnError() throws Exception {
    Tensor q = Tensor.allocateHost(DType.F32, 1, HEADS, HEAD_DIM);
    Tensor out = Tensor.allocateHost(DType.F32, 1, HEADS, HEAD_DIM);
    RaggedBatch batch = TestTensors.batch(KEYS, new int[] {1}, new int[] {KEYS}, new int[][] {{0}});
    closeUnder(
        arena -> {
          Tensor keys = in(arena, DType.Q8_0, 1, HEADS, KEYS, HEAD_DIM);
          Tensor values = in(arena, DType.Q8_0, 1, HEADS, KEYS, HEAD_DIM);
          return new Attention(q, keys, values, out, null, batch, 0.1f, true, 0, 0f, null, null);
        });
    q.buffer().close();
    out.buffer().close();
  }

  private static Tensor in(Arena arena, DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    long bytes = dtype.rowBytes(shape.elements());
    return Tensor.of(dtype, shape, HostBuffer.wrap(arena.allocate(bytes, 64), arena), 0);
  }

  private static void closeUnder(Function<Arena, Op> reading) throws Exception {
    try (Backend backend = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.NATIVE));
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < ROUNDS; round++) {
        Arena arena = Arena.ofShared();
        Op op = reading.apply(arena);
        CountDownLatch running = new CountDownLatch(1);
        Future<?> launches = thread.submit(() -> launchUntilClosed(backend, op, running));
        running.await();
        closeEventually(arena);
        var error =
            assertThrows(ExecutionException.class, () -> launches.get(60, TimeUnit.SECONDS));
        assertEquals(IllegalStateException.class, error.getCause().getClass());
      }
    }
  }

  private static void launchUntilClosed(Backend backend, Op op, CountDownLatch running) {
    while (!Thread.currentThread().isInterrupted()) {
      backend.launch(op, backend.stream());
      running.countDown();
    }
  }

  /** Refused for as long as a product runs; between two of them it succeeds. */
  private static void closeEventually(Arena arena) {
    while (arena.scope().isAlive()) {
      try {
        arena.close();
      } catch (IllegalStateException refused) {
        Thread.onSpinWait();
      }
    }
  }
}
