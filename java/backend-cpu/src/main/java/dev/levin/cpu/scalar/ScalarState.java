package dev.levin.cpu.scalar;

import dev.levin.cpu.StateKernels;

/** Recurrent steps as loops over single values. */
final class ScalarState implements StateKernels {

  @Override
  public void scanStep(
      float[] state,
      int rows,
      int size,
      float decay,
      float step,
      float skip,
      float[] x,
      float[] b,
      float[] c,
      float[] out) {
    for (int p = 0; p < rows; p++) {
      float input = step * x[p];
      double sum = 0;
      for (int n = 0; n < size; n++) {
        int i = p * size + n;
        state[i] = decay * state[i] + input * b[n];
        sum += (double) state[i] * c[n];
      }
      out[p] = (float) (sum + (double) skip * x[p]);
    }
  }
}
