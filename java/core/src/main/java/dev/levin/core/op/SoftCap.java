package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * {@code out = cap * tanh(x / cap)}. Out may be x.
 *
 * @param x [T, C]
 * @param out [T, C] like x
 */
public record SoftCap(Tensor x, Tensor out, float cap) implements Op {
  public SoftCap {
    Check.activation("x", x, Check.ANY, Check.ANY);
    Check.like("out", out, x, x.dim(0), x.dim(1));
    Check.that(cap > 0, "cap is %s", cap);
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
