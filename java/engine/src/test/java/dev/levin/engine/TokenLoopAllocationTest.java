package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.levin.testkit.Golden;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/**
 * Heap that a generated token costs, on the engine's thread and the backend's workers together.
 *
 * <p>The forward pass allocates nothing. Around it stand a few short-lived objects per step: the
 * step's key and layout, three views of memory, the list that names the sequence. Their number
 * depends neither on layers nor on the context, and so the bound is one of bytes.
 */
class TokenLoopAllocationTest {
  private static final long BYTES_PER_TOKEN = 2048;
  private static final int CONTEXT = 512;
  private static final int TOKENS = 64;
  private static final int MOST_ROUNDS = 200;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void aTokenCostsAFewObjectsAtAnyDepth() {
    LlmOptions options = LlmOptions.builder().backend("cpu").contextLength(CONTEXT).build();
    try (Llm llm = Llm.load(Golden.path("models/llama"), options);
        Sequence sequence = llm.engine().newSequence()) {
      assertCheap(llm.engine(), sequence, 0);
      assertCheap(llm.engine(), sequence, CONTEXT - TOKENS);
    }
  }

  private static void assertCheap(Engine engine, Sequence sequence, int depth) {
    sequence.rollback(sequence.length());
    sequence.append(new int[depth]);
    long[] workers = workers();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < MOST_ROUNDS && least > BYTES_PER_TOKEN; i++) {
      long before = allocated(workers);
      for (int t = 0; t < TOKENS; t++) {
        sequence.append(t);
        engine.logits(sequence);
      }
      least = Math.min(least, (allocated(workers) - before) / TOKENS);
      sequence.rollback(TOKENS);
    }
    assertTrue(least <= BYTES_PER_TOKEN, least + " bytes for a token after " + depth + " others");
  }

  private static long[] workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("levin-cpu-"))
        .mapToLong(Thread::threadId)
        .toArray();
  }

  private static long allocated(long[] workers) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    for (long worker : workers) {
      bytes += THREADS.getThreadAllocatedBytes(worker);
    }
    return bytes;
  }
}
