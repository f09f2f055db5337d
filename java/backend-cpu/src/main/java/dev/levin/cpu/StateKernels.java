package dev.levin.cpu;

/** Steps of recurrent ops, on arrays of a worker's workspace. */
public interface StateKernels {
  /**
   * One token of one head of {@link dev.levin.core.op.SsmScan}: {@code state[p] = decay * state[p]
   * + (step * x[p]) * b; out[p] = state[p] . c + skip * x[p]}.
   *
   * @param state [rows, size]
   * @param x [rows]
   * @param b [size]
   * @param c [size]
   * @param out [rows]
   */
  void scanStep(
      float[] state,
      int rows,
      int size,
      float decay,
      float step,
      float skip,
      float[] x,
      float[] b,
      float[] c,
      float[] out);
}
