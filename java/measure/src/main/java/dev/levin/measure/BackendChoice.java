package dev.levin.measure;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;

/**
 * A backend and what it reads when it opens.
 *
 * @param name as in {@code -Dlevin.backend}, or {@code auto}
 * @param kernels value of {@code levin.cpu.kernels}, or empty for what is set already
 * @param threads of the CPU backend, 0 for what is set already
 */
public record BackendChoice(String name, String kernels, int threads) {
  static final String THREADS = "levin.cpu.threads";
  static final String KERNELS = "levin.cpu.kernels";

  public BackendChoice {
    if (threads < 0) {
      throw new IllegalArgumentException("threads is " + threads + ", expected 0 or more");
    }
  }

  /** A fresh backend; the caller closes it. The properties are as before when this returns. */
  public Backend open() {
    String oldThreads = set(THREADS, threads == 0 ? "" : Integer.toString(threads));
    String oldKernels = set(KERNELS, kernels);
    try {
      return Backends.open(name);
    } finally {
      restore(THREADS, oldThreads);
      restore(KERNELS, oldKernels);
    }
  }

  private static String set(String property, String value) {
    return value.isEmpty() ? System.getProperty(property) : System.setProperty(property, value);
  }

  private static void restore(String property, String value) {
    if (value == null) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
  }
}
