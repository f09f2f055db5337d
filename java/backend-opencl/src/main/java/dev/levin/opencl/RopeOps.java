package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;

/** Rotary embedding and what it writes to pages. */
final class RopeOps {
  private final Kernels kernels;

  RopeOps(Kernels kernels) {
    this.kernels = kernels;
  }

  void run(RopeTable op) {
    long pairs = op.invFreq().dim(0);
    kernels
        .common(op, "rope_table")
        .tensor("positions", op.positions())
        .tensor("invFreq", op.invFreq())
        .tensor("out", op.out())
        .longs(pairs)
        .floats(op.scale())
        .run(pairs, op.positions().dim(0), 1);
  }

  void run(RopeAppend op) {
    if (op.cosSin() != null) {
      rotateQueries(op);
    }
    append(op, "k", op.k(), op.cosSin(), "kCache", op.kCache());
    if (op.v() != null) {
      append(op, "v", op.v(), null, "vCache", op.vCache());
    }
  }

  private static long halfStyle(RopeAppend op) {
    return op.style() == RopeStyle.HALF ? 1 : 0;
  }

  private void rotateQueries(RopeAppend op) {
    long pairs = op.cosSin().dim(1) / 2;
    kernels
        .cache(op, "rope_queries", op.kCache().dtype())
        .tensor("q", op.q())
        .tensor("cosSin", op.cosSin())
        .longs(pairs, op.rotaryOffset(), halfStyle(op))
        .run(pairs, op.q().dim(1), op.q().dim(0), kernels.sizes().narrowGroup(), 1);
  }

  private void append(
      RopeAppend op, String name, Tensor x, Tensor cosSin, String cacheName, Tensor cache) {
    DType dtype = cache.dtype();
    kernels
        .cache(op, "append", dtype)
        .tensor(name, x)
        .optional("cosSin", cosSin, 2)
        .tensor("slotMapping", op.slotMapping())
        .tensor(cacheName, cache)
        .longs(
            x.dim(2),
            cosSin == null ? 0 : cosSin.dim(1) / 2,
            op.rotaryOffset(),
            halfStyle(op),
            cache.dim(0),
            cache.dim(2))
        .run(Kernels.groups(x.dim(2)), x.dim(1), x.dim(0), kernels.sizes().narrowGroup(), 1);
  }
}
