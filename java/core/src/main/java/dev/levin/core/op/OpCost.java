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
    return new OpCost(flops(op), bytes(op));
  }

  /** Operations of {@code op} alone; allocates nothing, since counting runs in the token loop. */
  public static long flops(Op op) {
    return switch (op) {
      case Embed e -> size(e.out());
      case Add a -> 2 * size(a.out());
      case SoftCap s -> 3 * size(s.out());
      case RmsNorm n -> 4 * size(n.x());
      case Linear l -> 2 * size(l.out()) * l.x().dim(1);
      case HeadLinear l -> 2 * size(l.out()) * l.x().dim(2);
      case RopeTable r -> size(r.out());
      case RopeAppend r -> 3 * rotated(r) * (r.q().dim(1) + r.k().dim(1));
      case Attention a -> 2 * pairs(a) * a.q().dim(1) * (a.q().dim(2) + a.out().dim(2));
      case MergeAttention m -> 3 * size(m.out());
      case CopyPages c -> 0;
      case Convert c -> size(c.x());
      case GatedActivation g -> 5 * size(g.out());
      case RouteExperts r -> 5 * size(r.logits());
      case GroupedLinear g -> 2 * assignments(g) * g.weight().dim(1) * g.weight().dim(2);
      case CausalConv c -> 2 * size(c.out()) * c.weight().dim(1);
      case SsmScan s -> 5 * size(s.x()) * s.b().dim(2);
    };
  }

  /** Bytes of {@code op} alone; allocates nothing. */
  public static long bytes(Op op) {
    return switch (op) {
      case Embed e -> e.ids().byteSize() + e.ids().dim(0) * e.table().rowBytes() + bytes(e.out());
      case Add a -> bytes(a.x()) + bytes(a.y()) + bytes(a.out());
      case SoftCap s -> bytes(s.x()) + bytes(s.out());
      case RmsNorm n -> bytes(n.x()) + bytes(n.weight()) + bytes(n.out());
      case Linear l ->
          bytes(l.x()) + bytes(l.weight()) + bytes(l.bias()) + bytes(l.residual()) + bytes(l.out());
      case HeadLinear l -> bytes(l.x()) + bytes(l.weight()) + bytes(l.out());
      case RopeTable r -> bytes(r.positions()) + bytes(r.invFreq()) + bytes(r.out());
      case RopeAppend r -> 2 * bytes(r.q()) + bytes(r.k()) + bytes(r.v()) + appended(r);
      case Attention a -> bytes(a.q()) + bytes(a.out()) + keys(a) * a.kCache().dim(1) * keyBytes(a);
      case MergeAttention m ->
          bytes(m.a())
              + bytes(m.lseA())
              + bytes(m.b())
              + bytes(m.lseB())
              + bytes(m.out())
              + bytes(m.lse());
      case CopyPages c -> 2 * c.from().dim(0) * (bytes(c.cache()) / Math.max(1, c.cache().dim(0)));
      case Convert c -> bytes(c.x()) + bytes(c.out());
      case GatedActivation g -> bytes(g.gate()) + bytes(g.up()) + bytes(g.out());
      case RouteExperts r -> bytes(r.logits()) + bytes(r.ids()) + bytes(r.weights());
      case GroupedLinear g ->
          bytes(g.x())
              + bytes(g.ids())
              + bytes(g.combine())
              + bytes(g.residual())
              + bytes(g.out())
              + expertBytes(g);
      case CausalConv c -> bytes(c.x()) + bytes(c.weight()) + bytes(c.out());
      case SsmScan s ->
          bytes(s.x())
              + bytes(s.dt())
              + bytes(s.b())
              + bytes(s.c())
              + bytes(s.out())
              + 2 * s.batch().numSeqs() * (bytes(s.state()) / Math.max(1, s.state().dim(0)));
    };
  }

  private static long rotated(RopeAppend r) {
    return r.cosSin() == null ? 0 : r.q().dim(0) * r.cosSin().dim(1);
  }

  private static long appended(RopeAppend r) {
    long keys = r.k().dim(0) * r.k().dim(1) * r.kCache().rowBytes();
    return r.v() == null ? keys : keys + r.v().dim(0) * r.v().dim(1) * r.vCache().rowBytes();
  }

  /** Queries and keys that meet. */
  private static long pairs(Attention a) {
    BatchLengths lengths = a.batch().lengths();
    long pairs = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      long kvLen = lengths.kvLen(b);
      for (long i = kvLen - lengths.queryLen(b); i < kvLen; i++) {
        long visible = a.causal() ? i + 1 : kvLen;
        pairs += a.window() > 0 ? Math.min(visible, a.window()) : visible;
      }
    }
    return pairs;
  }

  /** Keys that any query meets. */
  private static long keys(Attention a) {
    BatchLengths lengths = a.batch().lengths();
    long keys = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      long kvLen = lengths.kvLen(b);
      long seen = a.window() + (long) lengths.queryLen(b) - 1;
      keys += a.window() > 0 ? Math.min(kvLen, seen) : kvLen;
    }
    return keys;
  }

  private static long keyBytes(Attention a) {
    return a.kCache().rowBytes() + (a.vCache() == null ? 0 : a.vCache().rowBytes());
  }

  private static long assignments(GroupedLinear g) {
    return g.ids().dim(0) * g.ids().dim(1);
  }

  private static long expertBytes(GroupedLinear g) {
    long experts = Math.min(g.weight().dim(0), assignments(g));
    return experts * g.weight().dim(1) * g.weight().rowBytes();
  }

  private static long size(Tensor tensor) {
    return tensor.shape().elements();
  }

  private static long bytes(Tensor tensor) {
    return tensor == null ? 0 : tensor.byteSize();
  }
}
