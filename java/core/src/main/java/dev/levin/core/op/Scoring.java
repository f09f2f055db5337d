package dev.levin.core.op;

/** How router logits become expert scores. */
public enum Scoring {
  /** Softmax over all experts, then top-k. */
  SOFTMAX,
  /** Top-k of the logits, then softmax over the chosen ones. */
  SOFTMAX_OF_TOP_K,
  /** Sigmoid of each logit, then top-k. */
  SIGMOID
}
