package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * A linear layer per chosen expert (gather, GEMM, scatter): {@code y[t, j] = weight[ids[t, j]] .
 * x[t (, j)] + bias[ids[t, j]]}.
 *
 * <p>Without {@code combine}, out[t, j] = y[t, j]. With it, {@code out[t] = residual[t] + sum over
 * j of combine[t, j] * y[t, j]}, summed in the order of j. Same accuracy rule as {@link Linear}.
 *
 * @param x [T, K], shared by a token's experts, or [T, k, K]
 * @param weight [E, N, K], any dtype
 * @param bias [E, N] F32 or null
 * @param ids [T, k] I32
 * @param combine [T, k] F32 or null
 * @param residual [T, N] like x, or null; only with combine; may be out
 * @param out [T, k, N], or [T, N] with combine; like x
 */
public record GroupedLinear(
    Tensor x, Tensor weight, Tensor bias, Tensor ids, Tensor combine, Tensor residual, Tensor out)
    implements Op {
  public GroupedLinear {
    Check.dtype("ids", ids, DType.I32);
    Check.shape("ids", ids, Check.ANY, Check.ANY);
    Check.shape("weight", weight, Check.ANY, Check.ANY, Check.ANY);
    long tokens = ids.dim(0);
    if (x.rank() == 2) {
      Check.activation("x", x, tokens, weight.dim(2));
    } else {
      Check.activation("x", x, tokens, ids.dim(1), weight.dim(2));
    }
    Check.optionalF32("bias", bias, weight.dim(0), weight.dim(1));
    Check.optionalF32("combine", combine, tokens, ids.dim(1));
    if (combine == null) {
      Check.that(residual == null, "residual needs combine");
      Check.like("out", out, x, tokens, ids.dim(1), weight.dim(1));
    } else {
      Check.like("out", out, x, tokens, weight.dim(1));
      Check.optionalLike("residual", residual, x, tokens, weight.dim(1));
    }
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
