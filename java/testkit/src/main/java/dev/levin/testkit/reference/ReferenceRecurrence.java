package dev.levin.testkit.reference;

import dev.levin.core.op.CausalConv;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.SsmScan;

/** Ops that carry a state from step to step. */
final class ReferenceRecurrence {
  private ReferenceRecurrence() {}

  static void causalConv(CausalConv op) {
    int channels = Math.toIntExact(op.x().dim(1));
    int history = Math.toIntExact(op.state().dim(2));
    double[] bias = op.bias() == null ? new double[channels] : Rows.read(op.bias());
    int[] starts = Rows.ints(op.batch().cuSeqlensQ());
    int[] slots = Rows.ints(op.batch().stateSlots());
    for (int s = 0; s < slots.length; s++) {
      int tokens = starts[s + 1] - starts[s];
      if (tokens == 0) {
        continue;
      }
      boolean fresh = startsAtZero(op.batch(), starts[s]);
      double[][] out = new double[tokens][channels];
      for (int c = 0; c < channels; c++) {
        double[] old = fresh ? new double[history] : Rows.read(op.state(), slots[s], c);
        double[] inputs = new double[history + tokens];
        System.arraycopy(old, 0, inputs, 0, history);
        for (int t = 0; t < tokens; t++) {
          inputs[history + t] = Rows.read(op.x(), starts[s] + t)[c];
        }
        double[] weight = Rows.read(op.weight(), c);
        for (int t = 0; t < tokens; t++) {
          double sum = bias[c];
          for (int w = 0; w < weight.length; w++) {
            sum += weight[w] * inputs[t + w];
          }
          out[t][c] = op.activation() == null ? sum : ReferenceOps.activate(op.activation(), sum);
        }
        double[] last = new double[history];
        System.arraycopy(inputs, tokens, last, 0, history);
        Rows.write(op.state(), last, slots[s], c);
      }
      for (int t = 0; t < tokens; t++) {
        Rows.write(op.out(), out[t], starts[s] + t);
      }
    }
  }

  static void ssmScan(SsmScan op) {
    int heads = Math.toIntExact(op.x().dim(1));
    int[] starts = Rows.ints(op.batch().cuSeqlensQ());
    int[] slots = Rows.ints(op.batch().stateSlots());
    for (int s = 0; s < slots.length; s++) {
      if (starts[s] < starts[s + 1]) {
        for (int h = 0; h < heads; h++) {
          scanHead(op, starts[s], starts[s + 1], slots[s], h);
        }
      }
    }
  }

  /** The state is rounded after every token, as a step's end does: chunks must not show. */
  private static void scanHead(SsmScan op, int start, int end, int slot, int h) {
    int size = Math.toIntExact(op.x().dim(2));
    long group = h / (op.x().dim(1) / op.b().dim(1));
    boolean fresh = startsAtZero(op.batch(), start);
    double[][] state = new double[size][];
    for (int p = 0; p < size; p++) {
      double[] old = Rows.read(op.state(), slot, h, p);
      state[p] = fresh ? new double[old.length] : old;
    }
    double a = Rows.read(op.a())[h];
    double skip = op.skip() == null ? 0 : Rows.read(op.skip())[h];
    double dtBias = Rows.read(op.dtBias())[h];
    for (int t = start; t < end; t++) {
      double dt = softplus(Rows.read(op.dt(), t)[h] + dtBias);
      double step = Math.min(Math.max(dt, op.dtMin()), op.dtMax());
      double decay = Math.exp(step * a);
      double[] x = Rows.read(op.x(), t, h);
      double[] b = Rows.read(op.b(), t, group);
      double[] c = Rows.read(op.c(), t, group);
      double[] out = new double[size];
      for (int p = 0; p < size; p++) {
        for (int n = 0; n < b.length; n++) {
          state[p][n] = (float) (decay * state[p][n] + step * x[p] * b[n]);
        }
        out[p] = ReferenceLinear.dot(state[p], c) + skip * x[p];
      }
      Rows.write(op.out(), out, t, h);
    }
    for (int p = 0; p < size; p++) {
      Rows.write(op.state(), state[p], slot, h, p);
    }
  }

  private static boolean startsAtZero(RaggedBatch batch, int firstToken) {
    return Rows.ints(batch.positions())[firstToken] == 0;
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}
