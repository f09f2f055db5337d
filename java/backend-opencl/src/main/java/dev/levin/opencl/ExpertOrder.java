package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Op;

/**
 * The assignments of one routing sorted by expert, in scratch memory. The products of a layer share
 * it: it is kept until an op comes that may write to the routing's ids or to the scratch memory.
 */
final class ExpertOrder {
  private final Scratch scratch;
  private Tensor ids;
  private long experts;
  private ClBuffer memory;
  private Tensor starts;
  private Tensor order;
  private Tensor products;
  private int sorts;

  ExpertOrder(Scratch scratch) {
    this.scratch = scratch;
  }

  /** To be called before every op. */
  void before(Op op) {
    boolean keeps =
        ids != null
            && switch (op) {
              case GroupedLinear g -> isApartFrom(g.out());
              case GatedActivation g -> isApartFrom(g.out());
              default -> false;
            };
    if (!keeps) {
      forget();
    }
  }

  /** To be called before anything else that writes to device memory. */
  void forget() {
    ids = null;
  }

  private boolean isApartFrom(Tensor out) {
    return out.buffer() != ids.buffer() || end(out) <= ids.offset() || out.offset() >= end(ids);
  }

  private static long end(Tensor tensor) {
    long end = tensor.offset() + tensor.rowBytes();
    for (int i = 0; i < tensor.rank() - 1; i++) {
      end += Math.max(0, tensor.dim(i) - 1) * tensor.stride(i);
    }
    return end;
  }

  /**
   * Makes room for the order of a routing and for {@code products} values beside it.
   *
   * @return whether the order is there already; otherwise the caller has it sorted
   */
  boolean prepare(Tensor routing, long numExperts, long... productDims) {
    long assignments = routing.dim(0) * routing.dim(1);
    long values = productDims.length == 0 ? 0 : 1;
    for (long dim : productDims) {
      values = Math.multiplyExact(values, dim);
    }
    scratch.begin(
        Scratch.bytes(numExperts + 2) + Scratch.bytes(assignments) + Scratch.bytes(values));
    starts = scratch.tensor(DType.I32, numExperts + 2);
    order = scratch.tensor(DType.I32, assignments);
    products = productDims.length == 0 ? null : scratch.tensor(DType.F32, productDims);
    boolean known =
        ids != null && memory == starts.buffer() && experts == numExperts && isSame(ids, routing);
    if (!known) {
      forget();
    }
    return known;
  }

  /** To be called once the order of a routing is there. */
  void keep(Tensor routing, long numExperts) {
    ids = routing;
    experts = numExperts;
    memory = (ClBuffer) starts.buffer();
    sorts++;
  }

  private static boolean isSame(Tensor a, Tensor b) {
    return a.buffer() == b.buffer()
        && a.offset() == b.offset()
        && a.shape().equals(b.shape())
        && a.stride(0) == b.stride(0);
  }

  /** [E + 2] I32: where each expert's assignments begin. */
  Tensor starts() {
    return starts;
  }

  /** [T * k] I32. */
  Tensor order() {
    return order;
  }

  /** F32, or null where none were asked for. */
  Tensor products() {
    return products;
  }

  /** How often a routing was sorted so far. */
  int sorts() {
    return sorts;
  }
}
