package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Depthwise causal convolution with carried state, then an activation: {@code out[t, c] = f(bias[c]
 * + sum over w of weight[c, w] * x[t - W + 1 + w, c])}, where inputs before a sequence's first
 * token are zero and those of earlier steps come from the state. The state then holds the last W -
 * 1 inputs, oldest first. A sequence whose first position in this step is 0 ignores the old state.
 *
 * @param x [T, Ch]
 * @param weight [Ch, W] F32
 * @param bias [Ch] F32 or null
 * @param state [slots, Ch, W-1] F32, read and written at the batch's state slots
 * @param out [T, Ch] like x, not x
 * @param activation null for none
 */
public record CausalConv(
    Tensor x,
    Tensor weight,
    Tensor bias,
    Tensor state,
    Tensor out,
    Activation activation,
    RaggedBatch batch)
    implements Op {
  public CausalConv {
    Check.activation("x", x, batch.numTokens(), Check.ANY);
    Check.f32("weight", weight, x.dim(1), Check.ANY);
    Check.optionalF32("bias", bias, x.dim(1));
    Check.f32("state", state, Check.ANY, x.dim(1), weight.dim(1) - 1);
    Check.like("out", out, x, x.dim(0), x.dim(1));
  }

  @Override
  public DType activationType() {
    return x.dtype();
  }
}
