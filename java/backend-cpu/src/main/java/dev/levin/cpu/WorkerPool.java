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

  private interface Share {
    void run(int worker, Workspace workspace);
  }

  private final Workspace callerWorkspace = new Workspace();
  private final Worker[] workers;
  private final int spins;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile Thread waiting;
  private volatile boolean closed;

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
    int shares = shares(Math.min(count, cost / MIN_SHARE_COST));
    run(
        shares,
        (worker, workspace) -> {
          int from = (int) ((long) count * worker / shares);
          int to = (int) ((long) count * (worker + 1) / shares);
          if (from < to) {
            task.run(from, to, workspace);
          }
        });
  }

  /**
   * Runs items [0, count) of different costs.
   *
   * @param costs prefix sums, count + 1 of them, ascending from 0
   */
  void forEach(int count, long[] costs, RangeTask task) {
    int shares = shares(Math.min(count, costs[count] / MIN_SHARE_COST));
    run(
        shares,
        (worker, workspace) -> {
          int from = cut(costs, count, worker, shares);
          int to = cut(costs, count, worker + 1, shares);
          if (from < to) {
            task.run(from, to, workspace);
          }
        });
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

  private void run(int shares, Share share) {
    if (closed) {
      throw new IllegalStateException("worker pool is closed");
    }
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException("worker pool is in use: a task must not start another");
    }
    try {
      pending.set(shares - 1);
      for (int i = 0; i < shares - 1; i++) {
        workers[i].assign(share);
      }
      runShare(share, 0, callerWorkspace);
      await();
    } finally {
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

  private void runShare(Share share, int worker, Workspace workspace) {
    try {
      share.run(worker, workspace);
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
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
    private final Workspace workspace = new Workspace();
    private volatile Share assigned;
    private volatile boolean parked;

    Worker(int index) {
      super("levin-cpu-" + index);
      this.index = index;
      setDaemon(true);
    }

    void assign(Share share) {
      assigned = share;
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    @Override
    public void run() {
      while (true) {
        Share share = next();
        if (share == null) {
          return;
        }
        runShare(share, index, workspace);
        assigned = null;
        finishShare();
      }
    }

    /** The next share, or null when the pool is closed. */
    private Share next() {
      for (int i = 0; i < spins && assigned == null && !closed; i++) {
        Thread.onSpinWait();
      }
      parked = true;
      while (assigned == null && !closed) {
        LockSupport.park(this);
        Thread.interrupted();
      }
      parked = false;
      return assigned;
    }
  }
}
