package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * {@code out = f(gate) * up}, or {@code f(gate)} without up. Out may be gate or up.
 *
 * @param gate [T, F]
 * @param up [T, F] like gate, or null
 * @param out [T, F] like gate
 */
public record GatedActivation(Tensor gate, Tensor up, Tensor out, Activation activation)
    implements Op {
  public GatedActivation {
    Check.activation("gate", gate, Check.ANY, Check.ANY);
    Check.optionalLike("up", up, gate, gate.dim(0), gate.dim(1));
    Check.like("out", out, gate, gate.dim(0), gate.dim(1));
    Check.that(up != null || activation != Activation.SWIGLU_CLAMPED, "%s needs up", activation);
  }

  @Override
  public DType activationType() {
    return gate.dtype();
  }
}
