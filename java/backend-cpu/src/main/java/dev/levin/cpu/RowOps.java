package dev.levin.cpu;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.SoftCap;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;

/** Ops whose rows are independent of each other. */
final class RowOps {
  /** Cost of a transcendental function beside a multiply-add. */
  private static final long EXP_COST = 8;

  /** A multiple of every vector length, so that cutting a row moves no element into a tail. */
  private static final int PIECE = 4096;

  private final RowKernels rows;
  private final MatrixKernels matrix;
  private final WorkerPool pool;

  RowOps(KernelTable kernels, WorkerPool pool) {
    this.rows = kernels.rows();
    this.matrix = kernels.matrix();
    this.pool = pool;
  }

  Runnable prepare(RmsNorm op) {
    MemorySegment x = Host.memory(op, "x", op.x());
    MemorySegment weight = Host.memory(op, "weight", op.weight());
    MemorySegment out = Host.memory(op, "out", op.out());
    int count = Host.size(op.x().shape().last());
    int groups = op.x().rank() == 3 ? Host.size(op.x().dim(1)) : 1;
    boolean weightPerGroup = op.weight() != null && op.weight().rank() == 2;
    int items = Host.size(op.x().shape().rows());
    long cost = 3L * count;
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          for (int row = from; row < to; row++) {
            int token = row / groups;
            int group = row % groups;
            long weightAt = 0;
            if (weight != null) {
              weightAt = weightPerGroup ? op.weight().offset(group) : op.weight().offset();
            }
            rows.rmsNorm(
                x,
                rowOffset(op.x(), token, group),
                weight,
                weightAt,
                out,
                rowOffset(op.out(), token, group),
                count,
                op.eps(),
                op.weightBias());
          }
        };
    return () -> pool.forEach(items, cost, task);
  }

  private static long rowOffset(Tensor tensor, int token, int group) {
    return tensor.rank() == 3 ? tensor.offset(token, group) : tensor.offset(token);
  }

  Runnable prepare(Add op) {
    MemorySegment x = Host.memory(op, "x", op.x());
    MemorySegment y = Host.memory(op, "y", op.y());
    MemorySegment out = Host.memory(op, "out", op.out());
    return forEachPiece(
        op.out(),
        1,
        (t, bytes, count) ->
            rows.add(
                x,
                op.x().offset(t) + bytes,
                y,
                op.y().offset(t) + bytes,
                out,
                op.out().offset(t) + bytes,
                count,
                op.scale()));
  }

  Runnable prepare(SoftCap op) {
    MemorySegment x = Host.memory(op, "x", op.x());
    MemorySegment out = Host.memory(op, "out", op.out());
    return forEachPiece(
        op.out(),
        EXP_COST,
        (t, bytes, count) ->
            rows.softCap(
                x, op.x().offset(t) + bytes, out, op.out().offset(t) + bytes, count, op.cap()));
  }

  Runnable prepare(GatedActivation op) {
    MemorySegment gate = Host.memory(op, "gate", op.gate());
    MemorySegment up = Host.memory(op, "up", op.up());
    MemorySegment out = Host.memory(op, "out", op.out());
    return forEachPiece(
        op.out(),
        EXP_COST,
        (t, bytes, count) ->
            rows.activate(
                op.activation(),
                gate,
                op.gate().offset(t) + bytes,
                up,
                up == null ? 0 : op.up().offset(t) + bytes,
                out,
                op.out().offset(t) + bytes,
                count));
  }

  /** {@code count} elements of row t, {@code bytes} after its start. */
  private interface PieceTask {
    void run(int t, long bytes, int count);
  }

  /** Element-wise work on rows that may be few and long, such as logits. */
  private Runnable forEachPiece(Tensor out, long elementCost, PieceTask task) {
    int count = Host.size(out.dim(1));
    int pieces = Math.ceilDiv(count, PIECE);
    int items = Math.multiplyExact(Host.size(out.dim(0)), pieces);
    long cost = elementCost * Math.min(count, PIECE);
    WorkerPool.RangeTask ranges =
        (from, to, workspace) -> {
          for (int item = from; item < to; item++) {
            int column = item % pieces * PIECE;
            task.run(item / pieces, 4L * column, Math.min(PIECE, count - column));
          }
        };
    return () -> pool.forEach(items, cost, ranges);
  }

  Runnable prepare(MergeAttention op) {
    MemorySegment a = Host.memory(op, "a", op.a());
    MemorySegment lseA = Host.memory(op, "lseA", op.lseA());
    MemorySegment b = Host.memory(op, "b", op.b());
    MemorySegment lseB = Host.memory(op, "lseB", op.lseB());
    MemorySegment out = Host.memory(op, "out", op.out());
    MemorySegment lse = Host.memory(op, "lse", op.lse());
    int heads = Host.size(op.a().dim(1));
    int count = Host.size(op.a().dim(2));
    int items = Host.size(op.a().dim(0) * heads);
    long cost = count;
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          for (int row = from; row < to; row++) {
            int t = row / heads;
            int h = row % heads;
            float left = lseA.get(Host.FLOAT, op.lseA().offset(t) + 4L * h);
            float right = lseB.get(Host.FLOAT, op.lseB().offset(t) + 4L * h);
            long aAt = op.a().offset(t, h);
            long bAt = op.b().offset(t, h);
            long outAt = op.out().offset(t, h);
            float merged = merge(a, aAt, left, b, bAt, right, out, outAt, count);
            lse.set(Host.FLOAT, op.lse().offset(t) + 4L * h, merged);
          }
        };
    return () -> pool.forEach(items, cost, task);
  }

  /** A side without keys may hold anything, so it is not read. */
  private float merge(
      MemorySegment a,
      long aAt,
      float lseA,
      MemorySegment b,
      long bAt,
      float lseB,
      MemorySegment out,
      long outAt,
      int count) {
    long bytes = 4L * count;
    boolean emptyA = lseA == Float.NEGATIVE_INFINITY;
    boolean emptyB = lseB == Float.NEGATIVE_INFINITY;
    if (emptyA && emptyB) {
      out.asSlice(outAt, bytes).fill((byte) 0);
      return Float.NEGATIVE_INFINITY;
    }
    if (emptyB) {
      MemorySegment.copy(a, aAt, out, outAt, bytes);
      return lseA;
    }
    if (emptyA) {
      MemorySegment.copy(b, bAt, out, outAt, bytes);
      return lseB;
    }
    double max = Math.max(lseA, lseB);
    double weightA = Math.exp(lseA - max);
    double weightB = Math.exp(lseB - max);
    double sum = weightA + weightB;
    rows.blend(a, aAt, (float) (weightA / sum), b, bAt, (float) (weightB / sum), out, outAt, count);
    return (float) (max + Math.log(sum));
  }

  Runnable prepare(Embed op) {
    MemorySegment table = Host.memory(op, "table", op.table());
    MemorySegment ids = Host.memory(op, "ids", op.ids());
    MemorySegment out = Host.memory(op, "out", op.out());
    int count = Host.size(op.table().dim(1));
    int items = Host.size(op.ids().dim(0));
    long cost = 2L * count;
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          float[] row = workspace.floats(Workspace.Slot.ROW, count);
          for (int t = from; t < to; t++) {
            int id = ids.get(Host.INT, op.ids().offset() + 4L * t);
            Host.index(op, "ids", t, id, op.table().dim(0));
            matrix.decode(op.table().dtype(), table, op.table().offset(id), row, 0, count);
            for (int i = 0; i < count; i++) {
              row[i] *= op.scale();
            }
            Host.write(row, 0, out, op.out().offset(t), count);
          }
        };
    return () -> pool.forEach(items, cost, task);
  }

  Runnable prepare(Convert op) {
    MemorySegment x = Host.memory(op, "x", op.x());
    MemorySegment out = Host.memory(op, "out", op.out());
    int count = Host.size(op.x().dim(1));
    BlockCodec encoder = Codecs.of(op.out().dtype());
    boolean decodes = op.out().dtype() == DType.F32;
    int items = Host.size(op.x().dim(0));
    long cost = (decodes ? 2L : EXP_COST) * count;
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          float[] row = workspace.floats(Workspace.Slot.ROW, count);
          for (int r = from; r < to; r++) {
            matrix.decode(op.x().dtype(), x, op.x().offset(r), row, 0, count);
            encoder.encode(row, 0, out, op.out().offset(r), count);
          }
        };
    return () -> pool.forEach(items, cost, task);
  }

  Runnable prepare(CopyPages op) {
    MemorySegment cache = Host.memory(op, "cache", op.cache());
    MemorySegment sources = Host.memory(op, "from", op.from());
    MemorySegment targets = Host.memory(op, "to", op.to());
    long pages = op.cache().dim(0);
    long pageBytes = op.cache().stride(0);
    int items = Host.size(op.from().dim(0));
    long cost = pageBytes / 8;
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          for (int i = from; i < to; i++) {
            int source = sources.get(Host.INT, op.from().offset() + 4L * i);
            int target = targets.get(Host.INT, op.to().offset() + 4L * i);
            Host.index(op, "from", i, source, pages);
            Host.index(op, "to", i, target, pages);
            MemorySegment.copy(
                cache, op.cache().offset(source), cache, op.cache().offset(target), pageBytes);
          }
        };
    return () -> pool.forEach(items, cost, task);
  }
}
