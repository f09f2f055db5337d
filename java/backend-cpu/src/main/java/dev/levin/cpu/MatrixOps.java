package dev.levin.cpu;

import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import java.lang.foreign.MemorySegment;

/** Ops that multiply activations with weights. */
final class MatrixOps {
  /** Activations packed at a time; more tokens than fit are taken in chunks. */
  private static final int PACKED_FLOATS = 1 << 22;

  private final MatrixJobs jobs;
  private final WorkerPool pool;
  private float[] expertOutputs = {};
  private int[] expertStart = {};
  private int[] assignments = {};

  MatrixOps(KernelTable kernels, WorkerPool pool) {
    this.jobs = new MatrixJobs(kernels.matrix(), pool);
    this.pool = pool;
  }

  private static int tokensAtATime(long floatsPerToken) {
    return (int) Math.max(1, PACKED_FLOATS / Math.max(1, floatsPerToken));
  }

  Runnable prepare(Linear op) {
    return new PreparedLinear(op);
  }

  private final class PreparedLinear implements Runnable {
    private final Linear op;
    private final MemorySegment x;
    private final LinearSink sink;
    private final MatrixJobs.Product product;

    PreparedLinear(Linear op) {
      this.op = op;
      x = Host.memory(op, "x", op.x());
      sink = new LinearSink(op);
      product = product(op, op.weight(), 0, sink);
    }

    @Override
    public void run() {
      int tokens = Host.size(op.x().dim(0));
      int k = product.k();
      int chunk = tokensAtATime(k);
      for (int first = 0; first < tokens; first += chunk) {
        int count = Math.min(chunk, tokens - first);
        jobs.reset(1, count, Math.multiplyExact(count, k));
        jobs.addJob(op.weight().offset());
        for (int i = 0; i < count; i++) {
          Host.read(x, op.x().offset(first + i), jobs.activations(), i * k, k);
          jobs.addRow(i * k);
        }
        sink.firstToken = first;
        jobs.run(product);
      }
    }
  }

  /** A weight whose rows are dimension {@code rows}, its columns the next. */
  private static MatrixJobs.Product product(Op op, Tensor weight, int rows, MatrixJobs.Sink sink) {
    return new MatrixJobs.Product(
        weight.dtype(),
        Host.memory(op, "weight", weight),
        weight.buffer() instanceof HostBuffer buffer && buffer.isConstant(),
        weight.stride(rows),
        Host.size(weight.dim(rows)),
        Host.size(weight.dim(rows + 1)),
        sink);
  }

  /** Adds bias and residual while the products are still in cache. */
  private static final class LinearSink implements MatrixJobs.Sink {
    private final Linear op;
    private final MemorySegment bias;
    private final MemorySegment residual;
    private final MemorySegment out;
    private int firstToken;

    LinearSink(Linear op) {
      this.op = op;
      bias = Host.memory(op, "bias", op.bias());
      residual = Host.memory(op, "residual", op.residual());
      out = Host.memory(op, "out", op.out());
    }

    @Override
    public void put(int job, int row, int n, float[] results, int at, int count) {
      int t = firstToken + row;
      if (bias != null) {
        addBias(bias, op.bias().offset() + 4L * n, results, at, count);
      }
      if (op.scale() != 1) {
        for (int i = at; i < at + count; i++) {
          results[i] *= op.scale();
        }
      }
      if (residual != null) {
        addBias(residual, op.residual().offset(t) + 4L * n, results, at, count);
      }
      Host.write(results, at, out, op.out().offset(t) + 4L * n, count);
    }
  }

  private static void addBias(MemorySegment bias, long biasAt, float[] values, int at, int count) {
    for (int i = 0; i < count; i++) {
      values[at + i] += bias.get(Host.FLOAT, biasAt + 4L * i);
    }
  }

  Runnable prepare(HeadLinear op) {
    return new Heads(op);
  }

  private final class Heads implements Runnable, MatrixJobs.Sink {
    private final HeadLinear op;
    private final MemorySegment x;
    private final MemorySegment out;
    private final MatrixJobs.Product product;
    private int firstToken;
    private int count;

    Heads(HeadLinear op) {
      this.op = op;
      x = Host.memory(op, "x", op.x());
      out = Host.memory(op, "out", op.out());
      product = product(op, op.weight(), 1, this);
    }

    @Override
    public void run() {
      int tokens = Host.size(op.x().dim(0));
      int heads = Host.size(op.x().dim(1));
      int k = product.k();
      int chunk = tokensAtATime((long) heads * k);
      for (firstToken = 0; firstToken < tokens; firstToken += chunk) {
        count = Math.min(chunk, tokens - firstToken);
        jobs.reset(heads, heads * count, Math.multiplyExact(heads * count, k));
        for (int h = 0; h < heads; h++) {
          jobs.addJob(op.weight().offset(h));
          for (int i = 0; i < count; i++) {
            int to = (h * count + i) * k;
            Host.read(x, op.x().offset(firstToken + i, h), jobs.activations(), to, k);
            jobs.addRow(to);
          }
        }
        jobs.run(product);
      }
    }

    @Override
    public void put(int job, int row, int from, float[] results, int at, int length) {
      long outAt = op.out().offset(firstToken + row % count, job) + 4L * from;
      Host.write(results, at, out, outAt, length);
    }
  }

  Runnable prepare(GroupedLinear op) {
    return new Grouped(op);
  }

  /** A {@link GroupedLinear}: assignments sorted by expert, one job per expert used. */
  private final class Grouped implements Runnable, MatrixJobs.Sink {
    private final GroupedLinear op;
    private final MemorySegment x;
    private final MemorySegment bias;
    private final MemorySegment ids;
    private final MemorySegment combine;
    private final MemorySegment residual;
    private final MemorySegment out;
    private final int experts;
    private final int chosen;
    private final int n;
    private final int k;
    private final MatrixJobs.Product product;
    private final WorkerPool.RangeTask combineTokens = this::combineTokens;
    private int firstToken;

    Grouped(GroupedLinear op) {
      this.op = op;
      x = Host.memory(op, "x", op.x());
      bias = Host.memory(op, "bias", op.bias());
      ids = Host.memory(op, "ids", op.ids());
      combine = Host.memory(op, "combine", op.combine());
      residual = Host.memory(op, "residual", op.residual());
      out = Host.memory(op, "out", op.out());
      experts = Host.size(op.weight().dim(0));
      n = Host.size(op.weight().dim(1));
      k = Host.size(op.weight().dim(2));
      chosen = Host.size(op.ids().dim(1));
      product = product(op, op.weight(), 1, this);
    }

    @Override
    public void run() {
      int tokens = Host.size(op.ids().dim(0));
      int chunk = tokensAtATime((long) chosen * Math.max(n, k));
      for (int first = 0; first < tokens; first += chunk) {
        run(first, Math.min(chunk, tokens - first));
      }
    }

    private void run(int first, int tokens) {
      firstToken = first;
      int rows = tokens * chosen;
      sortByExpert(rows);
      boolean shared = op.x().rank() == 2;
      jobs.reset(experts, rows, (shared ? tokens : rows) * k);
      for (int i = 0; i < (shared ? tokens : rows); i++) {
        long at = shared ? op.x().offset(first + i) : op.x().offset(first + i / chosen, i % chosen);
        Host.read(x, at, jobs.activations(), i * k, k);
      }
      for (int e = 0; e < experts; e++) {
        jobs.addJob(op.weight().offset(e));
        for (int i = expertStart[e]; i < expertStart[e + 1]; i++) {
          jobs.addRow((shared ? assignments[i] / chosen : assignments[i]) * k);
        }
      }
      if (combine != null && expertOutputs.length < rows * n) {
        expertOutputs = new float[rows * n];
      }
      jobs.run(product);
      if (combine != null) {
        pool.forEach(tokens, (long) chosen * n, combineTokens);
      }
    }

    private int expertOf(int assignment) {
      int token = firstToken + assignment / chosen;
      int choice = assignment % chosen;
      int expert = ids.get(Host.INT, op.ids().offset(token) + 4L * choice);
      return Host.index(op, "ids", (long) token * chosen + choice, expert, experts);
    }

    /** Counting sort; an expert's assignments stay in the order of their tokens. */
    private void sortByExpert(int rows) {
      if (expertStart.length < experts + 2) {
        expertStart = new int[experts + 2];
      }
      if (assignments.length < rows) {
        assignments = new int[rows];
      }
      java.util.Arrays.fill(expertStart, 0);
      for (int i = 0; i < rows; i++) {
        expertStart[expertOf(i) + 2]++;
      }
      for (int e = 2; e <= experts; e++) {
        expertStart[e] += expertStart[e - 1];
      }
      for (int i = 0; i < rows; i++) {
        assignments[expertStart[expertOf(i) + 1]++] = i;
      }
    }

    @Override
    public void put(int job, int row, int from, float[] results, int at, int count) {
      if (bias != null) {
        addBias(bias, op.bias().offset(job) + 4L * from, results, at, count);
      }
      int assignment = assignments[row];
      if (combine != null) {
        System.arraycopy(results, at, expertOutputs, assignment * n + from, count);
      } else {
        long outAt =
            op.out().offset(firstToken + assignment / chosen, assignment % chosen) + 4L * from;
        Host.write(results, at, out, outAt, count);
      }
    }

    private void combineTokens(int from, int to, Workspace workspace) {
      float[] sum = workspace.floats(Workspace.Slot.ROW, n);
      for (int i = from; i < to; i++) {
        int t = firstToken + i;
        java.util.Arrays.fill(sum, 0, n, 0f);
        for (int j = 0; j < chosen; j++) {
          float factor = combine.get(Host.FLOAT, op.combine().offset(t) + 4L * j);
          int start = (i * chosen + j) * n;
          for (int c = 0; c < n; c++) {
            sum[c] += factor * expertOutputs[start + c];
          }
        }
        if (residual != null) {
          addBias(residual, op.residual().offset(t), sum, 0, n);
        }
        Host.write(sum, 0, out, op.out().offset(t), n);
      }
    }
  }
}
