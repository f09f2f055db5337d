package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Joins two attention results over disjoint key sets by their log-sum-exps: with m = max(lseA,
 * lseB), {@code out = (e^(lseA-m) a + e^(lseB-m) b) / (e^(lseA-m) + e^(lseB-m))}. A side whose lse
 * is negative infinity contributes nothing. Outputs may alias the inputs of either side.
 *
 * @param a [T, H, D]
 * @param lseA [T, H] F32
 * @param b [T, H, D] like a
 * @param lseB [T, H] F32
 * @param out [T, H, D] like a
 * @param lse [T, H] F32
 */
public record MergeAttention(Tensor a, Tensor lseA, Tensor b, Tensor lseB, Tensor out, Tensor lse)
    implements Op {
  public MergeAttention {
    Check.activation("a", a, Check.ANY, Check.ANY, Check.ANY);
    Check.f32("lseA", lseA, a.dim(0), a.dim(1));
    Check.like("b", b, a, a.dim(0), a.dim(1), a.dim(2));
    Check.f32("lseB", lseB, a.dim(0), a.dim(1));
    Check.like("out", out, a, a.dim(0), a.dim(1), a.dim(2));
    Check.f32("lse", lse, a.dim(0), a.dim(1));
  }

  @Override
  public DType activationType() {
    return a.dtype();
  }
}
