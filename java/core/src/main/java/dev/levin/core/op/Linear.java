package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * {@code out = residual + scale * (x . weight^T + bias)}: an NT GEMM.
 *
 * <p>Out may be residual, not x. Every out[t, n] is summed in an order that depends on K and the
 * dtype alone, so results are bitwise independent of T. F32, F16 and BF16 weights: NMSE up to 1e-7;
 * quantised ones: cosine difference up to 1e-3 when activations are quantised as well.
 *
 * @param x [T, K]
 * @param weight [N, K], any dtype
 * @param bias [N] F32 or null
 * @param residual [T, N] like out, or null
 * @param out [T, N], like x or F32: logits and scores keep what the sums have
 */
public record Linear(Tensor x, Tensor weight, Tensor bias, Tensor residual, Tensor out, float scale)
    implements Op {
  public Linear {
    Check.activation("x", x, Check.ANY, Check.ANY);
    Check.that(weight != null, "weight is null");
    Check.shape("weight", weight, Check.ANY, x.dim(1));
    Check.optionalF32("bias", bias, weight.dim(0));
    Check.likeOrF32("out", out, x, x.dim(0), weight.dim(0));
    Check.optionalLike("residual", residual, out, x.dim(0), weight.dim(0));
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
