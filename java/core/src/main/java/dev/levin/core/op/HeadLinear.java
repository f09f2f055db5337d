package dev.levin.core.op;

import dev.levin.core.Tensor;

/**
 * One small matrix per head: {@code out[t, h] = weight[h] . x[t, h]}. Multi-head latent attention
 * folds its up-projections into queries and outputs with it. Same accuracy rule as {@link Linear}.
 *
 * @param x [T, H, K] F32
 * @param weight [H, N, K], any dtype
 * @param out [T, H, N] F32
 */
public record HeadLinear(Tensor x, Tensor weight, Tensor out) implements Op {
  public HeadLinear {
    Check.f32("x", x, Check.ANY, Check.ANY, Check.ANY);
    Check.shape("weight", weight, x.dim(1), Check.ANY, x.dim(2));
    Check.f32("out", out, x.dim(0), x.dim(1), weight.dim(1));
  }
}
