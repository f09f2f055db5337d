package dev.levin.core.op;

import dev.levin.core.Tensor;

/**
 * {@code out = f(gate) * up}, or {@code f(gate)} without up. Out may be gate or up.
 *
 * @param gate [T, F] F32
 * @param up [T, F] F32 or null
 * @param out [T, F] F32
 */
public record GatedActivation(Tensor gate, Tensor up, Tensor out, Activation activation)
    implements Op {
  public GatedActivation {
    Check.f32("gate", gate, Check.ANY, Check.ANY);
    Check.optionalF32("up", up, gate.dim(0), gate.dim(1));
    Check.f32("out", out, gate.dim(0), gate.dim(1));
    Check.that(up != null || activation != Activation.SWIGLU_CLAMPED, "%s needs up", activation);
  }
}
