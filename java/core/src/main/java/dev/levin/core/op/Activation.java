package dev.levin.core.op;

/** Element-wise functions of an MLP. For a gated MLP the result is {@code f(gate) * up}. */
public enum Activation {
  /** x * sigmoid(x). */
  SILU,
  /** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
  GELU_TANH,
  /** 0.5 x (1 + erf(x / sqrt 2)). */
  GELU_ERF,
  RELU,
  /** max(x, 0)^2. */
  RELU_SQUARED,
  /**
   * gpt-oss: with g = min(gate, 7) and u = clamp(up, -7, 7), g * sigmoid(1.702 g) * (u + 1). Gated
   * only.
   */
  SWIGLU_CLAMPED
}
