package dev.levin.cpu;

import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;

/**
 * Rotary embedding. The loops are over arrays and short, so the compiler vectorises them as they
 * are and both kernel sets share them.
 */
final class RopeOps {
  /** Cost of a sine and a cosine in float64. */
  private static final long ANGLE_COST = 60;

  private final WorkerPool pool;

  RopeOps(WorkerPool pool) {
    this.pool = pool;
  }

  Runnable prepare(RopeTable op) {
    MemorySegment positions = Host.memory(op, "positions", op.positions());
    MemorySegment invFreq = Host.memory(op, "invFreq", op.invFreq());
    MemorySegment out = Host.memory(op, "out", op.out());
    int half = Host.size(op.invFreq().dim(0));
    int items = Host.size(op.positions().dim(0));
    long cost = ANGLE_COST * half;
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          float[] row = workspace.floats(Workspace.Slot.ROW, 2 * half);
          for (int t = from; t < to; t++) {
            double position = positions.get(Host.INT, op.positions().offset() + 4L * t);
            for (int i = 0; i < half; i++) {
              double angle = position * invFreq.get(Host.FLOAT, op.invFreq().offset() + 4L * i);
              row[i] = (float) (op.scale() * Math.cos(angle));
              row[half + i] = (float) (op.scale() * Math.sin(angle));
            }
            Host.write(row, 0, out, op.out().offset(t), 2 * half);
          }
        };
    return () -> pool.forEach(items, cost, task);
  }

  Runnable prepare(RopeAppend op) {
    Append append = new Append(op);
    int tokens = Host.size(op.q().dim(0));
    long values = op.q().dim(1) * op.q().dim(2) + 4 * op.k().dim(1) * op.k().dim(2);
    return () -> pool.forEach(tokens, values, append);
  }

  /** The memory of one op, resolved once. */
  private static final class Append implements WorkerPool.RangeTask {
    private final RopeAppend op;
    private final MemorySegment q;
    private final MemorySegment k;
    private final MemorySegment v;
    private final MemorySegment cosSin;
    private final MemorySegment slots;
    private final MemorySegment keys;
    private final MemorySegment values;
    private final BlockCodec codec;
    private final int rotary;

    Append(RopeAppend op) {
      this.op = op;
      q = Host.memory(op, "q", op.q());
      k = Host.memory(op, "k", op.k());
      v = Host.memory(op, "v", op.v());
      cosSin = Host.memory(op, "cosSin", op.cosSin());
      slots = Host.memory(op, "slotMapping", op.slotMapping());
      keys = Host.memory(op, "kCache", op.kCache());
      values = Host.memory(op, "vCache", op.vCache());
      codec = Codecs.of(op.kCache().dtype());
      rotary = op.cosSin() == null ? 0 : Host.size(op.cosSin().dim(1));
    }

    @Override
    public void run(int from, int to, Workspace workspace) {
      int keyDim = Host.size(op.k().dim(2));
      int valueDim = op.v() == null ? 0 : Host.size(op.v().dim(2));
      float[] head = workspace.floats(Workspace.Slot.ROW, Math.max(keyDim, valueDim));
      float[] table = workspace.floats(Workspace.Slot.INPUT, rotary);
      for (int t = from; t < to; t++) {
        if (rotary > 0) {
          Host.read(cosSin, op.cosSin().offset(t), table, 0, rotary);
          rotateQueries(t, head, table);
        }
        appendToken(t, head, table);
      }
    }

    private void rotateQueries(int t, float[] head, float[] table) {
      for (int h = 0; h < op.q().dim(1); h++) {
        long at = op.q().offset(t, h) + 4L * op.rotaryOffset();
        Host.read(q, at, head, 0, rotary);
        rotate(head, 0, table);
        Host.write(head, 0, q, at, rotary);
      }
    }

    private void appendToken(int t, float[] head, float[] table) {
      int slot = slots.get(Host.INT, op.slotMapping().offset() + 4L * t);
      if (slot < 0) {
        return;
      }
      int pageSize = Host.size(op.kCache().dim(2));
      Host.index(op, "slotMapping", t, slot, op.kCache().dim(0) * pageSize);
      int page = slot / pageSize;
      int inPage = slot % pageSize;
      int keyDim = Host.size(op.k().dim(2));
      for (int h = 0; h < op.k().dim(1); h++) {
        Host.read(k, op.k().offset(t, h), head, 0, keyDim);
        rotate(head, op.rotaryOffset(), table);
        codec.encode(head, 0, keys, op.kCache().offset(page, h, inPage), keyDim);
        if (op.v() != null) {
          int valueDim = Host.size(op.v().dim(2));
          Host.read(v, op.v().offset(t, h), head, 0, valueDim);
          codec.encode(head, 0, values, op.vCache().offset(page, h, inPage), valueDim);
        }
      }
    }

    private void rotate(float[] head, int at, float[] table) {
      int half = rotary / 2;
      if (op.style() == RopeStyle.HALF) {
        for (int i = 0; i < half; i++) {
          float first = head[at + i];
          float second = head[at + half + i];
          head[at + i] = first * table[i] - second * table[half + i];
          head[at + half + i] = second * table[i] + first * table[half + i];
        }
      } else {
        for (int i = 0; i < half; i++) {
          float first = head[at + 2 * i];
          float second = head[at + 2 * i + 1];
          head[at + 2 * i] = first * table[i] - second * table[half + i];
          head[at + 2 * i + 1] = second * table[i] + first * table[half + i];
        }
      }
    }
  }
}
