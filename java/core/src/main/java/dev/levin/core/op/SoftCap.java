package dev.levin.core.op;

import dev.levin.core.Tensor;

/**
 * {@code out = cap * tanh(x / cap)}. Out may be x.
 *
 * @param x [T, C] F32
 * @param out [T, C] F32
 */
public record SoftCap(Tensor x, Tensor out, float cap) implements Op {
  public SoftCap {
    Check.f32("x", x, Check.ANY, Check.ANY);
    Check.f32("out", out, x.dim(0), x.dim(1));
    Check.that(cap > 0, "cap is %s", cap);
  }
}
