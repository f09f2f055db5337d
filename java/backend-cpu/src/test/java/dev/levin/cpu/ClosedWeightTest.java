package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.op.Linear;
import java.lang.foreign.Arena;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Memory that another thread unmaps must not be read: that would be the end of the process. */
@ExtendWith(NeedsNative.class)
class ClosedWeightTest {
  private static final int ROWS = 8192;
  private static final int K = 2048;
  private static final int ROUNDS = 20;

  private static void launchUntilClosed(Backend backend, Linear linear, CountDownLatch running) {
    while (!Thread.currentThread().isInterrupted()) {
      backend.launch(linear, backend.stream());
      running.countDown();
    }
  }

  @Test
  void closingAnArenaUnderARunningProductIsAnError() throws Exception {
    try (Backend backend = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.NATIVE));
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Tensor x = Tensor.allocateHost(DType.F32, 1, K);
      Tensor out = Tensor.allocateHost(DType.F32, 1, ROWS);
      for (int round = 0; round < ROUNDS; round++) {
        Arena arena = Arena.ofShared();
        HostBuffer buffer =
            HostBuffer.wrap(arena.allocate(DType.Q8_0.rowBytes(K) * ROWS, 64), arena);
        Tensor weight = Tensor.of(DType.Q8_0, Shape.of(ROWS, K), buffer, 0);
        Linear linear = new Linear(x, weight, null, null, out, 1);
        CountDownLatch running = new CountDownLatch(1);
        Future<?> product = thread.submit(() -> launchUntilClosed(backend, linear, running));
        running.await();
        closeEventually(arena);
        var error = assertThrows(ExecutionException.class, () -> product.get(60, TimeUnit.SECONDS));
        assertEquals(IllegalStateException.class, error.getCause().getClass());
      }
      x.buffer().close();
      out.buffer().close();
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
