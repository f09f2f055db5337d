package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Encodes or decodes rows: one side is F32, the other any dtype; bit-exact with the dtype's codec.
 *
 * @param x [R, K]
 * @param out [R, K]
 */
public record Convert(Tensor x, Tensor out) implements Op {
  public Convert {
    Check.shape("x", x, Check.ANY, Check.ANY);
    Check.shape("out", out, x.dim(0), x.dim(1));
    Check.that(x.dtype() == DType.F32 || out.dtype() == DType.F32, "neither side is F32");
  }
}
