package dev.levin.cpu;

import dev.levin.core.op.Attention;

/** Paged attention, cut as {@link AttentionPlan} says. */
final class AttentionOps {
  private final SliceKernels blockwise;
  private final SliceKernels whole;
  private final WorkerPool pool;
  private final AttentionPlan plan = new AttentionPlan();
  private PartialAttention[] parts = {};

  AttentionOps(KernelTable kernels, WorkerPool pool) {
    this.pool = pool;
    blockwise = new BlockwiseAttention(kernels.matrix(), kernels.attention());
    whole = kernels.attention().slices();
  }

  Runnable prepare(Attention op) {
    boolean reads = whole != null && whole.reads(op.kCache().dtype());
    return new Launch(new AttentionPass(op, reads ? whole : blockwise));
  }

  private final class Launch implements Runnable {
    private final AttentionPass pass;
    private final WorkerPool.RangeTask units = this::attend;
    private final WorkerPool.RangeTask joins = this::join;

    Launch(AttentionPass pass) {
      this.pass = pass;
    }

    @Override
    public void run() {
      plan.make(pass, pool.threads());
      if (plan.isSplit()) {
        reserve(plan.units());
      }
      pool.forEach(plan.units(), plan.costs(), units);
      if (plan.isSplit()) {
        pool.forEach(plan.items(), (long) pass.group() * pass.valueDim(), joins);
      }
    }

    private void attend(int from, int to, Workspace workspace) {
      AttentionSlice slice = workspace.slice();
      SliceKernels.Worker worker = workspace.attention(pass.kernels());
      int held = -1;
      for (int unit = from; unit < to; unit++) {
        int item = plan.itemOf(unit);
        if (item != held) {
          takeQueries(slice, item);
          held = item;
        }
        if (plan.isSplit()) {
          part(slice, item, unit, worker);
        } else {
          item(slice, item, workspace.running(), worker);
        }
      }
    }

    private void takeQueries(AttentionSlice slice, int item) {
      slice.queries(
          pass, plan.sequence(item), plan.head(item), plan.firstQuery(item), plan.count(item));
    }

    private void attend(AttentionSlice slice, int item, int split, SliceKernels.Worker worker) {
      int firstQuery = plan.firstQuery(item);
      pass.attend(slice, plan.sequence(item), firstQuery, plan.count(item), split, worker);
    }

    private int firstSplit(int item) {
      return pass.firstSplit(plan.sequence(item), plan.firstQuery(item));
    }

    private int endSplit(int item) {
      return pass.endSplit(plan.sequence(item), plan.firstQuery(item), plan.count(item));
    }

    private void item(
        AttentionSlice slice, int item, PartialAttention running, SliceKernels.Worker worker) {
      running.reset(slice.rows(), pass.valueDim());
      for (int split = firstSplit(item); split < endSplit(item); split++) {
        attend(slice, item, split, worker);
        running.join(slice.result());
      }
      pass.finish(slice, running);
    }

    private void part(AttentionSlice slice, int item, int unit, SliceKernels.Worker worker) {
      PartialAttention part = parts[unit];
      part.reset(slice.rows(), pass.valueDim());
      int split = firstSplit(item) + unit - plan.firstUnit(item);
      if (split < endSplit(item)) {
        attend(slice, item, split, worker);
        part.join(slice.result());
      }
    }

    private void join(int from, int to, Workspace workspace) {
      AttentionSlice slice = workspace.slice();
      PartialAttention running = workspace.running();
      for (int item = from; item < to; item++) {
        takeQueries(slice, item);
        running.reset(slice.rows(), pass.valueDim());
        for (int unit = plan.firstUnit(item); unit < plan.firstUnit(item + 1); unit++) {
          running.join(parts[unit]);
        }
        pass.finish(slice, running);
      }
    }
  }

  private void reserve(int units) {
    if (parts.length < units) {
      PartialAttention[] more = java.util.Arrays.copyOf(parts, units);
      for (int i = parts.length; i < units; i++) {
        more[i] = new PartialAttention();
      }
      parts = more;
    }
  }
}
