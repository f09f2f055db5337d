package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * {@code out = x + scale * y}. Out may be x or y.
 *
 * @param x [T, C]
 * @param y [T, C] like x
 * @param out [T, C] like x
 */
public record Add(Tensor x, Tensor y, Tensor out, float scale) implements Op {
  public Add {
    Check.activation("x", x, Check.ANY, Check.ANY);
    Check.like("y", y, x, x.dim(0), x.dim(1));
    Check.like("out", out, x, x.dim(0), x.dim(1));
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
