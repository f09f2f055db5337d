package dev.levin.core.op;

import dev.levin.core.Tensor;

/**
 * What an op must cost at least: the ruler for rooflines and for what a technique saves.
 *
 * @param flops floating-point operations, a multiply-add counted as two
 * @param bytes fewest bytes that must move: each input read once, each output written once
 */
public record OpCost(long flops, long bytes) {

  /** The cost of {@code op} with the lengths its batch holds now. */
  public static OpCost of(Op op) {
    return switch (op) {
      case Embed e -> new OpCost(size(e.out()), e.ids().byteSize() + rows(e) + bytes(e.out()));
      case Add a -> new OpCost(2 * size(a.out()), bytes(a.x(), a.y(), a.out()));
      case SoftCap s -> new OpCost(3 * size(s.out()), bytes(s.x(), s.out()));
      case RmsNorm n -> new OpCost(4 * size(n.x()), bytes(n.x(), n.weight(), n.out()));
      case Linear l ->
          new OpCost(
              2 * size(l.out()) * l.x().dim(1),
              bytes(l.x(), l.weight(), l.bias(), l.residual(), l.out()));
      case HeadLinear l ->
          new OpCost(2 * size(l.out()) * l.x().dim(2), bytes(l.x(), l.weight(), l.out()));
      case RopeTable r -> new OpCost(size(r.out()), bytes(r.positions(), r.invFreq(), r.out()));
      case RopeAppend r -> ropeAppend(r);
      case Attention a -> attention(a);
      case MergeAttention m ->
          new OpCost(3 * size(m.out()), bytes(m.a(), m.lseA(), m.b(), m.lseB(), m.out(), m.lse()));
      case CopyPages c ->
          new OpCost(0, 2 * c.from().dim(0) * (bytes(c.cache()) / Math.max(1, c.cache().dim(0))));
      case Convert c -> new OpCost(size(c.x()), bytes(c.x(), c.out()));
      case GatedActivation g -> new OpCost(5 * size(g.out()), bytes(g.gate(), g.up(), g.out()));
      case RouteExperts r ->
          new OpCost(5 * size(r.logits()), bytes(r.logits(), r.ids(), r.weights()));
      case GroupedLinear g -> grouped(g);
      case CausalConv c ->
          new OpCost(2 * size(c.out()) * c.weight().dim(1), bytes(c.x(), c.weight(), c.out()));
      case SsmScan s ->
          new OpCost(
              5 * size(s.x()) * s.b().dim(2),
              bytes(s.x(), s.dt(), s.b(), s.c(), s.out())
                  + 2 * s.batch().numSeqs() * (bytes(s.state()) / Math.max(1, s.state().dim(0))));
    };
  }

  private static long rows(Embed e) {
    return e.ids().dim(0) * e.table().rowBytes();
  }

  private static OpCost ropeAppend(RopeAppend r) {
    long rotated = r.cosSin() == null ? 0 : r.q().dim(0) * r.cosSin().dim(1);
    long heads = r.q().dim(1) + r.k().dim(1);
    long written = r.k().dim(0) * r.k().dim(1) * r.kCache().rowBytes();
    if (r.v() != null) {
      written += r.v().dim(0) * r.v().dim(1) * r.vCache().rowBytes();
    }
    return new OpCost(3 * rotated * heads, bytes(r.q(), r.q(), r.k(), r.v()) + written);
  }

  private static OpCost attention(Attention a) {
    BatchLengths lengths = a.batch().lengths();
    long pairs = 0;
    long keys = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      long queries = lengths.queryLen(b);
      long kvLen = lengths.kvLen(b);
      long first = kvLen - queries;
      for (long i = first; i < kvLen; i++) {
        long visible = a.causal() ? i + 1 : kvLen;
        pairs += a.window() > 0 ? Math.min(visible, a.window()) : visible;
      }
      keys += a.window() > 0 ? Math.min(kvLen, a.window() + queries - 1) : kvLen;
    }
    long headSizes = a.q().dim(2) + a.out().dim(2);
    long keyBytes = a.kCache().rowBytes() + (a.vCache() == null ? 0 : a.vCache().rowBytes());
    return new OpCost(
        2 * pairs * a.q().dim(1) * headSizes,
        bytes(a.q(), a.out()) + keys * a.kCache().dim(1) * keyBytes);
  }

  private static OpCost grouped(GroupedLinear g) {
    long assignments = g.ids().dim(0) * g.ids().dim(1);
    long experts = Math.min(g.weight().dim(0), assignments);
    long expertBytes = g.weight().dim(1) * g.weight().rowBytes();
    return new OpCost(
        2 * assignments * g.weight().dim(1) * g.weight().dim(2),
        bytes(g.x(), g.ids(), g.combine(), g.residual(), g.out()) + experts * expertBytes);
  }

  private static long size(Tensor tensor) {
    return tensor.shape().elements();
  }

  private static long bytes(Tensor... tensors) {
    long sum = 0;
    for (Tensor tensor : tensors) {
      sum += tensor == null ? 0 : tensor.byteSize();
    }
    return sum;
  }
}
