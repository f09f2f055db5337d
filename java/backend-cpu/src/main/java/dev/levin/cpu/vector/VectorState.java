package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;

import dev.levin.cpu.StateKernels;
import jdk.incubator.vector.FloatVector;

/** Recurrent steps, vectorised along the state. */
final class VectorState implements StateKernels {

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
      float sum = updateRow(state, p * size, size, decay, step * x[p], b, c);
      out[p] = Math.fma(skip, x[p], sum);
    }
  }

  /** Updates one row and returns its product with c. */
  private static float updateRow(
      float[] state, int at, int size, float decay, float input, float[] b, float[] c) {
    FloatVector sum = Lanes.zero();
    FloatVector inputs = FloatVector.broadcast(FLOATS, input);
    int n = 0;
    for (int end = FLOATS.loopBound(size); n < end; n += COUNT) {
      FloatVector added = Lanes.load(b, n).mul(inputs);
      FloatVector updated = Lanes.load(state, at + n).mul(decay).add(added);
      updated.intoArray(state, at + n);
      sum = updated.fma(Lanes.load(c, n), sum);
    }
    float rest = 0;
    for (; n < size; n++) {
      float updated = decay * state[at + n] + input * b[n];
      state[at + n] = updated;
      rest = Math.fma(updated, c[n], rest);
    }
    return Lanes.sum(sum) + rest;
  }
}
