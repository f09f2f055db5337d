package dev.levin.measure.kernel;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Support;
import dev.levin.core.op.Op;
import dev.levin.core.op.OpCost;
import dev.levin.measure.BackendChoice;
import dev.levin.measure.JitRest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Times single ops. */
public final class KernelBench {
  /** Copies of an op's tensors take turns until they are more than caches hold. */
  private static final long COLD_BYTES = 256L << 20;

  private static final int MAX_COPIES = 64;

  /**
   * Age at which ceilings are measured again: a shared machine's bandwidth halves and doubles as
   * its host moves processors about.
   */
  private static final long CEILINGS_NANOS = 2_000_000_000L;

  /** A launch counts as faster than the best so far below this part of its time. */
  private static final double IMPROVEMENT = 0.9;

  /** Budgets after which even improving kernels are measured. */
  private static final double MAX_WARMUP = 10;

  /** Told what happens, on the thread that measures. */
  public interface Listener {
    /** After each kernel. */
    void finished(KernelResult result);

    /** After it, where the backend was asked to profile: one launch on the device's own clock. */
    default void profiled(KernelResult result, double deviceMicros) {}

    /** Instead, where the backend lacks it. */
    void unsupported(String backend, String kernel, String reason);
  }

  private final KernelPlan plan;
  private final Listener listener;

  public KernelBench(KernelPlan plan, Listener listener) {
    this.plan = plan;
    this.listener = listener;
  }

  /** Runs the whole plan; every backend of it is opened afresh. */
  public void run() {
    List<KernelCase> cases = plan.cases();
    for (BackendChoice choice : plan.backends()) {
      try (Backend backend = choice.open()) {
        Map<String, String> properties = backend.device().properties();
        KernelResult.Place place = null;
        long measuredAt = 0;
        for (KernelCase one : cases) {
          if (place == null || System.nanoTime() - measuredAt > CEILINGS_NANOS) {
            place =
                new KernelResult.Place(
                    backend.name(),
                    properties.getOrDefault("kernels", ""),
                    Integer.parseInt(properties.getOrDefault("threads", "0")),
                    backend.measureCeilings().orElse(null));
            measuredAt = System.nanoTime();
          }
          run(one, backend, place);
        }
      }
    }
  }

  private void run(KernelCase one, Backend backend, KernelResult.Place place) {
    try (CaseMemory memory = new CaseMemory(backend)) {
      List<Op> ops = new ArrayList<>();
      ops.add(one.builder().build(memory));
      Support support = backend.supports(ops.getFirst());
      if (!support.supported()) {
        String name = "%s %s %s".formatted(one.op(), one.dtype(), one.shape());
        listener.unsupported(place.backend(), name, support.reason());
        return;
      }
      addCopies(one, memory, ops);
      backend.counters().reset();
      double[] nanos = time(ops, backend, plan);
      KernelResult result = place.result(one, OpCost.of(ops.getFirst()), nanos);
      listener.finished(result);
      Long device = backend.counters().deviceNanos().get(one.op());
      if (device != null) {
        long launches = backend.counters().totals().get(one.op()).launches();
        listener.profiled(result, device / 1e3 / launches);
      }
    }
  }

  /** Nanoseconds of one launch of a case that the backend supports, once for each sample. */
  static double[] nanos(KernelCase one, Backend backend, KernelPlan plan) {
    try (CaseMemory memory = new CaseMemory(backend)) {
      List<Op> ops = new ArrayList<>();
      ops.add(one.builder().build(memory));
      addCopies(one, memory, ops);
      return time(ops, backend, plan);
    }
  }

  private static void addCopies(KernelCase one, CaseMemory memory, List<Op> ops) {
    long copies = Math.clamp(COLD_BYTES / Math.max(1, memory.bytes()), 1, MAX_COPIES);
    while (ops.size() < copies) {
      ops.add(one.builder().build(memory));
    }
  }

  /** Nanoseconds of one launch, once for each sample. */
  private static double[] time(List<Op> ops, Backend backend, KernelPlan plan) {
    double budget = plan.millis() * 1e6;
    double perLaunch = warmUp(ops, backend, budget);
    int launches = (int) Math.clamp(budget / plan.samples() / perLaunch, 1, 1e6);
    double[] nanos = new double[plan.samples()];
    int next = 0;
    for (int i = 0; i < nanos.length; i++) {
      long before = System.nanoTime();
      next = launch(ops, next, launches, backend);
      nanos[i] = (double) (System.nanoTime() - before) / launches;
    }
    return nanos;
  }

  /**
   * Launches for the budget and on until the compiler rests and the best time has stood for half of
   * the time spent. Returns that best time.
   */
  private static double warmUp(List<Op> ops, Backend backend, double budget) {
    long start = System.nanoTime();
    double best = Double.MAX_VALUE;
    double improvedAt = 0;
    double spent;
    JitRest compiler = new JitRest();
    boolean rested = false;
    double askAt = budget;
    int next = 0;
    do {
      long before = System.nanoTime();
      next = launch(ops, next, 1, backend);
      long after = System.nanoTime();
      spent = after - start;
      if (after - before < IMPROVEMENT * best) {
        improvedAt = spent;
      }
      best = Math.min(best, Math.max(1, after - before));
      if (spent >= askAt) {
        rested = compiler.rested();
        askAt = spent + budget;
      }
    } while (spent < budget
        || (spent < MAX_WARMUP * budget && (improvedAt > spent / 2 || !rested)));
    return best;
  }

  private static int launch(List<Op> ops, int from, int count, Backend backend) {
    int next = from;
    for (int i = 0; i < count; i++) {
      backend.launch(ops.get(next), backend.stream());
      next = next + 1 == ops.size() ? 0 : next + 1;
    }
    backend.stream().synchronize();
    return next;
  }
}
