package dev.levin.core.op;

import dev.levin.core.Tensor;

/**
 * {@code out = x + scale * y}. Out may be x or y.
 *
 * @param x [T, C] F32
 * @param y [T, C] F32
 * @param out [T, C] F32
 */
public record Add(Tensor x, Tensor y, Tensor out, float scale) implements Op {
  public Add {
    Check.f32("x", x, Check.ANY, Check.ANY);
    Check.f32("y", y, x.dim(0), x.dim(1));
    Check.f32("out", out, x.dim(0), x.dim(1));
  }
}
