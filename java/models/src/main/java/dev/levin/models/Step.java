package dev.levin.models;

import dev.levin.core.Tensor;
import dev.levin.core.backend.Program;

/**
 * A forward pass prepared for one layout: ops bound to fixed buffers.
 *
 * @param inputs [size] I32, all integers of the step
 * @param hidden [R, C] normed states, null when R is 0
 * @param logits [R, V], null when R is 0 or only states were asked for
 */
record Step(Program program, Tensor inputs, Tensor hidden, Tensor logits) implements AutoCloseable {
  @Override
  public void close() {
    program.close();
  }
}
