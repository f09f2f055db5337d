package dev.levin.measure.kernel;

import dev.levin.core.DType;
import dev.levin.core.op.Op;

/**
 * One op at one shape.
 *
 * @param op name of the op
 * @param dtype of its weight or cache, F32 where it has neither
 * @param model whose shape it is
 * @param shape sizes in the letters of the glossary, for example {@code T=1 N=8192 K=2048}
 */
record KernelCase(String op, DType dtype, String model, String shape, Builder builder) {
  /** Makes the op with tensors of its own. */
  @FunctionalInterface
  interface Builder {
    Op build(CaseMemory memory);
  }
}
