package dev.levin.formats.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** Threads that share one piece of work after the other with the thread that hands it out. */
final class Workers implements AutoCloseable {
  private final int count;
  private final ExecutorService others;

  Workers(int count) {
    this.count = count;
    this.others = count > 1 ? Executors.newFixedThreadPool(count - 1, Workers::daemon) : null;
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "levin-quantize");
    thread.setDaemon(true);
    return thread;
  }

  int count() {
    return count;
  }

  /** Runs parts 0 to {@code parts - 1}, at most {@link #count}, and returns when all are done. */
  void run(int parts, IntConsumer work) {
    List<Future<?>> running = new ArrayList<>(parts);
    for (int i = 1; i < parts; i++) {
      int part = i;
      running.add(others.submit(() -> work.accept(part)));
    }
    RuntimeException failure = null;
    try {
      work.accept(0);
    } catch (RuntimeException e) {
      failure = e;
    }
    for (Future<?> future : running) {
      failure = join(future, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Waits even after a failure: the memory that is written to must not be freed before. */
  private static RuntimeException join(Future<?> future, RuntimeException failure) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return failure;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          if (e.getCause() instanceof Error error) {
            throw error;
          }
          return failure == null ? (RuntimeException) e.getCause() : failure;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    if (others != null) {
      others.shutdownNow();
    }
  }
}
