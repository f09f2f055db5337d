package dev.levin.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Persistent daemon threads that share the work of one op; the calling thread is worker 0.
 *
 * <p>Each worker starts with a share of the items, cut by cost, and takes it from the front in ever
 * smaller pieces; who is done takes pieces from the end of another's share. Processors are never
 * equally fast, and without that the slower one set the pace of every op: a tenth to a quarter of
 * decoding was waiting. Items must not depend on each other, so results depend neither on the
 * number of threads nor on who took what. One caller at a time; a task must not use the pool it
 * runs on.
 */
final class WorkerPool implements AutoCloseable {
  /** Some of a range of items; a worker runs it for each piece that it takes. */
  interface RangeTask {
    void run(int from, int to, Workspace workspace);
  }

  /** Below this cost a share is not worth waking a thread for. */
  static final long MIN_SHARE_COST = 16_384;

  /**
   * Cost of the smallest pieces: some microseconds, which is how long the last worker is waited
   * for, and many times what a call costs.
   */
  private static final long MIN_PIECE_COST = 32_768;

  /**
   * Some hundred microseconds: longer than the pauses between two ops of a step and mostly between
   * two tokens. To be woken takes a thread tens of microseconds, in virtual machines more.
   */
  private static final int SPINS = 20_000;

  /**
   * Longs between the counters of shares, so that no two are in a cache line or fetched with it.
   */
  private static final int SPACING = 16;

  private static final VarHandle LEFT = MethodHandles.arrayElementVarHandle(long[].class);

  private final Workspace callerWorkspace = new Workspace(0);
  private final Worker[] workers;
  private final int spins;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile Thread waiting;
  private volatile boolean closed;

  /** What runs now: written before workers are told, so that nothing is allocated to tell them. */
  private RangeTask task;

  private int shares;
  private int minPiece;

  /** What nobody took yet of each share, {@link #range}s; behind a gap, since lengths are read. */
  private final long[] left;

  WorkerPool(int threads) {
    spins = threads <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
    left = new long[(threads + 1) * SPACING];
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  int threads() {
    return workers.length + 1;
  }

  /** Runs items [0, count) that cost {@code itemCost} each: about the bytes or multiply-adds. */
  void forEach(int count, long itemCost, RangeTask task) {
    run(count, Math.max(1, itemCost) * count, null, task);
  }

  /**
   * Runs items [0, count) of different costs.
   *
   * @param costs prefix sums, count + 1 of them, ascending from 0
   */
  void forEach(int count, long[] costs, RangeTask task) {
    run(count, costs[count], costs, task);
  }

  /**
   * Runs items [0, count).
   *
   * @param costs prefix sums, or null where all items cost the same
   */
  private void run(int count, long cost, long[] costs, RangeTask task) {
    if (closed) {
      throw new IllegalStateException("worker pool is closed");
    }
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("worker pool is in use: a task must not start another");
    }
    try {
      this.task = task;
      share(count, cost, costs);
      pending.set(shares - 1);
      for (int i = 0; i < shares - 1; i++) {
        workers[i].assign();
      }
      work(0, callerWorkspace);
      await();
    } finally {
      this.task = null;
      busy.set(false);
    }
    Throwable thrown = failure.getAndSet(null);
    if (thrown instanceof RuntimeException e) {
      throw e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
  }

  private void share(int count, long cost, long[] costs) {
    shares = Math.clamp(Math.min(count, cost / MIN_SHARE_COST), 1, threads());
    minPiece = Math.clamp(MIN_PIECE_COST * count / Math.max(1, cost), 1, Math.max(1, count));
    int from = 0;
    for (int share = 0; share < shares; share++) {
      int part = share + 1;
      int to = costs == null ? (int) ((long) count * part / shares) : cut(costs, count, part);
      left[at(share)] = range(from, to);
      from = to;
    }
  }

  /** The first item whose middle lies at or past as many shares of the total cost. */
  private int cut(long[] costs, int count, int part) {
    if (part == shares) {
      return count;
    }
    double target = (double) costs[count] * part / shares;
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if ((costs[middle] + costs[middle + 1]) * 0.5 < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Empties the worker's own share, then the others' that follow it. */
  private void work(int worker, Workspace workspace) {
    try {
      for (int i = 0; i < shares; i++) {
        int share = worker + i < shares ? worker + i : worker + i - shares;
        for (long piece = take(share, i == 0); piece != 0; piece = take(share, i == 0)) {
          task.run(first(piece), end(piece), workspace);
        }
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  /**
   * Half of what is left of a share: from its front for its owner, else from its end; 0 is none.
   */
  private long take(int share, boolean own) {
    int at = at(share);
    while (true) {
      long range = (long) LEFT.getVolatile(left, at);
      int first = first(range);
      int end = end(range);
      if (first >= end || failure.get() != null) {
        return 0;
      }
      int items = end - first;
      int piece = Math.min(items, Math.max(minPiece, (items + 1) / 2));
      int border = own ? first + piece : end - piece;
      long front = range(first, border);
      long back = range(border, end);
      if (LEFT.compareAndSet(left, at, range, own ? back : front)) {
        return own ? front : back;
      }
    }
  }

  private static int at(int share) {
    return (share + 1) * SPACING;
  }

  private static long range(int first, int end) {
    return (long) end << Integer.SIZE | first;
  }

  private static int first(long range) {
    return (int) range;
  }

  private static int end(long range) {
    return (int) (range >>> Integer.SIZE);
  }

  private void await() {
    for (int i = 0; i < spins && pending.get() > 0; i++) {
      Thread.onSpinWait();
    }
    if (pending.get() == 0) {
      return;
    }
    boolean interrupted = false;
    waiting = Thread.currentThread();
    while (pending.get() > 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    waiting = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void finishShare() {
    if (pending.decrementAndGet() == 0) {
      LockSupport.unpark(waiting);
    }
  }

  /** Ends the threads and waits for them; must not be called from a task. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
    for (Worker worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Worker extends Thread {
    private final int index;
    private final Workspace workspace;
    private volatile boolean assigned;
    private volatile boolean parked;

    Worker(int index) {
      super("levin-cpu-" + index);
      this.index = index;
      workspace = new Workspace(index);
      setDaemon(true);
    }

    void assign() {
      assigned = true;
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      while (next()) {
        work(index, workspace);
        assigned = false;
        finishShare();
      }
    }

    /** Waits for a share; false when there is none and the pool is closed. */
    private boolean next() {
      for (int i = 0; i < spins && !assigned && !closed; i++) {
        Thread.onSpinWait();
      }
      parked = true;
      while (!assigned && !closed) {
        LockSupport.park(this);
        Thread.interrupted();
      }
      parked = false;
      return assigned;
    }
  }
}
