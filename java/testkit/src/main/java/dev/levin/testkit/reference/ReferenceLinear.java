package dev.levin.testkit.reference;

import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;

/** Matrix products over decoded weights; activations are not quantised. */
final class ReferenceLinear {
  private ReferenceLinear() {}

  static void linear(Linear op) {
    double[][] weight = new double[Math.toIntExact(op.weight().dim(0))][];
    for (int n = 0; n < weight.length; n++) {
      weight[n] = Rows.read(op.weight(), n);
    }
    double[] bias = op.bias() == null ? new double[weight.length] : Rows.read(op.bias());
    for (long t = 0; t < op.x().dim(0); t++) {
      double[] x = Rows.read(op.x(), t);
      double[] residual =
          op.residual() == null ? new double[weight.length] : Rows.read(op.residual(), t);
      double[] out = new double[weight.length];
      for (int n = 0; n < out.length; n++) {
        out[n] = residual[n] + op.scale() * (dot(weight[n], x) + bias[n]);
      }
      Rows.write(op.out(), out, t);
    }
  }

  static void headLinear(HeadLinear op) {
    int rows = Math.toIntExact(op.weight().dim(1));
    for (long t = 0; t < op.x().dim(0); t++) {
      for (long h = 0; h < op.x().dim(1); h++) {
        double[] x = Rows.read(op.x(), t, h);
        double[] out = new double[rows];
        for (int n = 0; n < rows; n++) {
          out[n] = dot(Rows.read(op.weight(), h, n), x);
        }
        Rows.write(op.out(), out, t, h);
      }
    }
  }

  static void groupedLinear(GroupedLinear op) {
    for (long t = 0; t < op.ids().dim(0); t++) {
      int[] ids = Rows.ints(op.ids(), t);
      double[][] y = new double[ids.length][];
      for (int j = 0; j < ids.length; j++) {
        double[] x = op.x().rank() == 2 ? Rows.read(op.x(), t) : Rows.read(op.x(), t, j);
        y[j] = expert(op, ids[j], x);
      }
      if (op.combine() == null) {
        for (int j = 0; j < ids.length; j++) {
          Rows.write(op.out(), y[j], t, j);
        }
      } else {
        Rows.write(op.out(), combined(op, t, y), t);
      }
    }
  }

  private static double[] expert(GroupedLinear op, int expert, double[] x) {
    double[] out = new double[Math.toIntExact(op.weight().dim(1))];
    double[] bias = op.bias() == null ? new double[out.length] : Rows.read(op.bias(), expert);
    for (int n = 0; n < out.length; n++) {
      out[n] = dot(Rows.read(op.weight(), expert, n), x) + bias[n];
    }
    return out;
  }

  private static double[] combined(GroupedLinear op, long t, double[][] y) {
    double[] combine = Rows.read(op.combine(), t);
    double[] out =
        op.residual() == null
            ? new double[Math.toIntExact(op.out().dim(1))]
            : Rows.read(op.residual(), t);
    for (int j = 0; j < y.length; j++) {
      for (int n = 0; n < out.length; n++) {
        out[n] += combine[j] * y[j][n];
      }
    }
    return out;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < b.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
