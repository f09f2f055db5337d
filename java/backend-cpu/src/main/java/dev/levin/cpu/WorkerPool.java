package dev.levin.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Persistent daemon threads that share the work of one op; the calling thread is worker 0.
 *
 * <p>Ranges are cut once, by cost, before work starts. Items must not depend on each other, so
 * results do not depend on the number of threads. One caller at a time; a task must not use the
 * pool it runs on.
 */
final class WorkerPool implements AutoCloseable {
  /** A share of a range of items. */
  interface RangeTask {
    void run(int from, int to, Workspace workspace);
  }

  /** Below this cost a share is not worth waking a thread for. */
  static final long MIN_SHARE_COST = 16_384;

  /** About the pause between two ops of a step: parking there would cost more than it saves. */
  private static final int SPINS = 2_000;

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

  private int count;
  private int shares;

  /** Null where all items cost the same. */
  private long[] costs;

  WorkerPool(int threads) {
    spins = threads <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
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
    long cost = Math.max(1, itemCost) * count;
    run(shares(Math.min(count, cost / MIN_SHARE_COST)), count, null, task);
  }

  /**
   * Runs items [0, count) of different costs.
   *
   * @param costs prefix sums, count + 1 of them, ascending from 0
   */
  void forEach(int count, long[] costs, RangeTask task) {
    run(shares(Math.min(count, costs[count] / MIN_SHARE_COST)), count, costs, task);
  }

  private int shares(long wanted) {
    return Math.clamp(wanted, 1, threads());
  }

  /** The first item whose middle lies at or past the given part of the total cost. */
  private static int cut(long[] costs, int count, int part, int parts) {
    if (part == parts) {
      return count;
    }
    double target = (double) costs[count] * part / parts;
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

  private void run(int shares, int count, long[] costs, RangeTask task) {
    if (closed) {
      throw new IllegalStateException("worker pool is closed");
    }
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("worker pool is in use: a task must not start another");
    }
    try {
      this.task = task;
      this.count = count;
      this.shares = shares;
      this.costs = costs;
      pending.set(shares - 1);
      for (int i = 0; i < shares - 1; i++) {
        workers[i].assign();
      }
      runShare(0, callerWorkspace);
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

  private void runShare(int worker, Workspace workspace) {
    try {
      int from = border(worker);
      int to = border(worker + 1);
      if (from < to) {
        task.run(from, to, workspace);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  /** First item of a share. */
  private int border(int share) {
    return costs == null ? (int) ((long) count * share / shares) : cut(costs, count, share, shares);
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
        runShare(index, workspace);
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
