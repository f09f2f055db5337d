package dev.levin.cpu.scalar;

import dev.levin.cpu.KernelTable;

/** The scalar twins: plain loops that run in any JVM. */
public final class ScalarKernels {
  private ScalarKernels() {}

  public static KernelTable table() {
    return new KernelTable(
        "scalar",
        0,
        new ScalarRows(),
        new ScalarMatrix(),
        new ScalarAttention(),
        new ScalarState());
  }
}
