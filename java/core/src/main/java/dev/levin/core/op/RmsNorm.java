package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Root-mean-square norm over the last dimension: {@code out = x / sqrt(mean(x^2) + eps) * (weight +
 * weightBias)} (Zhang and Sennrich 2019). Out may be x.
 *
 * <p>With x of rank 3, [T, G, C], the norm runs over each of the G groups of a token; the weight is
 * then one row shared by the groups, [C], or one per group, [G, C]. NMSE up to 1e-7.
 *
 * @param x [T, C] or [T, G, C]
 * @param weight [C] or [G, C], F32, or null for all ones
 * @param out like x
 * @param weightBias added to the weight: 1 for checkpoints that store w - 1 (Gemma)
 */
public record RmsNorm(Tensor x, Tensor weight, Tensor out, float eps, float weightBias)
    implements Op {
  public RmsNorm {
    Check.activation("x", x);
    Check.that(x.rank() == 2 || x.rank() == 3, "x is %s, expected rank 2 or 3", x);
    Check.like("out", out, x, x.shape().toArray());
    if (weight != null && weight.rank() == 2) {
      Check.that(x.rank() == 3, "weight is %s but x is %s", weight, x);
      Check.f32("weight", weight, x.dim(1), x.dim(2));
    } else {
      Check.optionalF32("weight", weight, x.shape().last());
    }
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
