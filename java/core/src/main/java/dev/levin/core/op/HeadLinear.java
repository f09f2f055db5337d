package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * One small matrix per head: {@code out[t, h] = weight[h] . x[t, h]}. Multi-head latent attention
 * folds its up-projections into queries and outputs with it. Same accuracy rule as {@link Linear}.
 *
 * @param x [T, H, K]
 * @param weight [H, N, K], any dtype
 * @param out [T, H, N] like x
 */
public record HeadLinear(Tensor x, Tensor weight, Tensor out) implements Op {
  public HeadLinear {
    Check.activation("x", x, Check.ANY, Check.ANY, Check.ANY);
    Check.shape("weight", weight, x.dim(1), Check.ANY, x.dim(2));
    Check.like("out", out, x, x.dim(0), x.dim(1), weight.dim(1));
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
