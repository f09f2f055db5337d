package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * The selective state-space recurrence of Mamba-2 (Dao and Gu 2024), one scalar decay a head. With
 * d = clamp(softplus(dt[t, h] + dtBias[h]), dtMin, dtMax) and g = h / (H / G): {@code S[h] = exp(d
 * * a[h]) S[h] + d * x[t, h] (outer) B[t, g]} and {@code out[t, h] = S[h] . C[t, g] + skip[h] *
 * x[t, h]}.
 *
 * <p>A sequence whose first position in this step is 0 starts from a zero state.
 *
 * @param x [T, H, P]
 * @param dt [T, H] like x
 * @param a [H] F32, negative: -exp(A_log)
 * @param b [T, G, N] like x
 * @param c [T, G, N] like x
 * @param skip [H] F32 ("D"), or null
 * @param dtBias [H] F32
 * @param state [slots, H, P, N] F32, read and written at the batch's state slots
 * @param out [T, H, P] like x
 */
public record SsmScan(
    Tensor x,
    Tensor dt,
    Tensor a,
    Tensor b,
    Tensor c,
    Tensor skip,
    Tensor dtBias,
    Tensor state,
    Tensor out,
    float dtMin,
    float dtMax,
    RaggedBatch batch)
    implements Op {
  public SsmScan {
    Check.activation("x", x, batch.numTokens(), Check.ANY, Check.ANY);
    Check.like("dt", dt, x, x.dim(0), x.dim(1));
    Check.f32("a", a, x.dim(1));
    Check.like("b", b, x, x.dim(0), Check.ANY, Check.ANY);
    Check.like("c", c, x, x.dim(0), b.dim(1), b.dim(2));
    boolean even = b.dim(1) > 0 && x.dim(1) % b.dim(1) == 0;
    Check.that(even, "%d heads in %d groups", x.dim(1), b.dim(1));
    Check.optionalF32("skip", skip, x.dim(1));
    Check.f32("dtBias", dtBias, x.dim(1));
    Check.f32("state", state, Check.ANY, x.dim(1), x.dim(2), b.dim(2));
    Check.like("out", out, x, x.dim(0), x.dim(1), x.dim(2));
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
