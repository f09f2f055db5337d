package dev.levin.cpu;

import dev.levin.core.HostBuffer;
import dev.levin.core.backend.Ceilings;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * What this machine can do with the threads of a pool, in plain loops that C2 vectorises at the
 * width it prefers, so the ceilings stand whichever kernels run. Bandwidth is the median of many
 * short passes: what is held to it are means, and where others share the memory a single pass can
 * be half as fast again as those around it. Arithmetic is the best pass.
 */
final class CeilingProbe {
  /** Several times the last-level cache of most machines. */
  private static final long READ_BYTES = 256L << 20;

  /** What one item of the pool reads: small, so that no thread waits long for another. */
  private static final long READ_ITEM_BYTES = 256L << 10;

  /** Of each pattern, in turn. */
  private static final int READ_PASSES = 11;

  /** Fits the level-1 cache beside everything else. */
  private static final int CHAINS = 1024;

  /** Multiply-adds of a chain in one call. */
  private static final int LINKS = 16;

  /** Of one item, some 80 microseconds; a thread has 64 items. */
  private static final int ROUNDS = 250;

  private static final int MULTIPLY_ITEMS = 64;
  private static final int MULTIPLY_PASSES = 24;

  /** x = x / 2 + 1 tends to 2: no overflow and no denormals however long it runs. */
  private static final float FACTOR = 0.5f;

  private static final float ADDEND = 1;

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int LINE_BYTES = 64;

  /** A way to read all of [from, to), both multiples of {@link #READ_ITEM_BYTES}. */
  private interface ReadPattern {
    long read(MemorySegment memory, long from, long to);
  }

  /** Which one a machine's prefetchers like best differs, so the ceiling is that of the best. */
  private static final List<ReadPattern> PATTERNS =
      List.of(CeilingProbe::readOne, CeilingProbe::readTwo, CeilingProbe::readFour);

  private final WorkerPool pool;
  private volatile long sink;

  CeilingProbe(WorkerPool pool) {
    this.pool = pool;
  }

  Ceilings measure() {
    return new Ceilings(readBytesPerSecond(), flopsPerSecond());
  }

  private double readBytesPerSecond() {
    try (HostBuffer buffer = HostBuffer.allocate(READ_BYTES)) {
      MemorySegment memory = buffer.segment();
      // Pages that were never written are all the same page of zeros, which stays in the cache.
      read((from, to) -> memory.asSlice(from, to - from).fill((byte) 1));
      double[][] rates = new double[PATTERNS.size()][READ_PASSES];
      for (int pass = 0; pass < READ_PASSES; pass++) {
        for (int p = 0; p < rates.length; p++) {
          ReadPattern pattern = PATTERNS.get(p);
          long start = System.nanoTime();
          read((from, to) -> sink = pattern.read(memory, from, to));
          rates[p][pass] = perSecond(READ_BYTES, start);
        }
      }
      double best = 0;
      for (double[] passes : rates) {
        Arrays.sort(passes);
        best = Math.max(best, passes[READ_PASSES / 2]);
      }
      return best;
    }
  }

  /** Bytes [from, to) of the buffer. */
  private interface Reader {
    void read(long from, long to);
  }

  private void read(Reader reader) {
    pool.forEach(
        (int) (READ_BYTES / READ_ITEM_BYTES),
        READ_ITEM_BYTES,
        (from, to, workspace) -> reader.read(from * READ_ITEM_BYTES, to * READ_ITEM_BYTES));
  }

  private static long readOne(MemorySegment memory, long from, long to) {
    long sum = 0;
    for (long at = from; at < to; at += LINE_BYTES) {
      sum += line(memory, at);
    }
    return sum;
  }

  /** Two streams far apart: prefetchers follow each, and none looks past the end of its page. */
  private static long readTwo(MemorySegment memory, long from, long to) {
    long part = (to - from) / 2;
    long a = 0;
    long b = 0;
    for (long at = from; at < from + part; at += LINE_BYTES) {
      a += line(memory, at);
      b += line(memory, at + part);
    }
    return a + b;
  }

  private static long readFour(MemorySegment memory, long from, long to) {
    long part = (to - from) / 4;
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (long at = from; at < from + part; at += LINE_BYTES) {
      a += line(memory, at);
      b += line(memory, at + part);
      c += line(memory, at + 2 * part);
      d += line(memory, at + 3 * part);
    }
    return a + b + c + d;
  }

  /** All of a cache line: one load of it would move as much, but was 10 % slower as a stream. */
  private static long line(MemorySegment memory, long at) {
    long first = memory.get(LONG, at) ^ memory.get(LONG, at + 8);
    long second = memory.get(LONG, at + 16) ^ memory.get(LONG, at + 24);
    long third = memory.get(LONG, at + 32) ^ memory.get(LONG, at + 40);
    long fourth = memory.get(LONG, at + 48) ^ memory.get(LONG, at + 56);
    return first + second + third + fourth;
  }

  private double flopsPerSecond() {
    int items = MULTIPLY_ITEMS * pool.threads();
    long products = (long) CHAINS * LINKS * ROUNDS;
    double best = 0;
    for (int pass = 0; pass < MULTIPLY_PASSES; pass++) {
      long start = System.nanoTime();
      pool.forEach(
          items, products, (from, to, workspace) -> sink = (long) multiply((to - from) * ROUNDS));
      best = Math.max(best, perSecond(2.0 * products * items, start));
    }
    return best;
  }

  private static float multiply(int rounds) {
    float[] values = new float[CHAINS];
    for (int round = 0; round < rounds; round++) {
      advance(values);
    }
    return values[0];
  }

  /**
   * Each element is a chain of dependent multiply-adds; the processor overlaps as many chains as
   * its window of instructions holds, which is enough to fill its units.
   */
  private static void advance(float[] values) {
    for (int i = 0; i < values.length; i++) {
      float x = values[i];
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      x = Math.fma(x, FACTOR, ADDEND);
      values[i] = x;
    }
  }

  private static double perSecond(double amount, long startNanos) {
    return amount * 1e9 / Math.max(1, System.nanoTime() - startNanos);
  }
}
