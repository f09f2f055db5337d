package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Cosines and sines of this step's positions, shared by all layers with the same frequencies:
 * {@code out[t, i] = scale * cos(p[t] * invFreq[i])}, {@code out[t, R/2 + i]} the sine. Angles are
 * formed in at least float64 or an equally accurate reduction; abs error up to 1e-6.
 *
 * @param positions [T] I32
 * @param invFreq [R/2] F32, radians per position
 * @param out [T, R] F32
 * @param scale the attention factor of YaRN and longrope, otherwise 1
 */
public record RopeTable(Tensor positions, Tensor invFreq, Tensor out, float scale) implements Op {
  public RopeTable {
    Check.dtype("positions", positions, DType.I32);
    Check.shape("positions", positions, Check.ANY);
    Check.f32("invFreq", invFreq, Check.ANY);
    Check.f32("out", out, positions.dim(0), 2 * invFreq.dim(0));
  }
}
