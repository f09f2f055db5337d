package dev.levin.testkit.grid;

/** How a case lays a tensor out in its buffer. */
public enum Layout {
  /** Contiguous. */
  DENSE,
  /** With a gap after every run of every dimension, so that no stride is the product of sizes. */
  GAPPED
}
