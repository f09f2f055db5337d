package dev.levin.testkit.reference;

import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.Op;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Sample;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;

/**
 * Every op as its Javadoc defines it, in float64 over host tensors, written to be obviously right.
 * Results are rounded to float32 once, where they are stored.
 */
public final class ReferenceOps {
  private ReferenceOps() {}

  /** Runs one op; all its tensors live in host memory. */
  public static void run(Op op) {
    switch (op) {
      case Embed embed -> embed(embed);
      case Add add -> add(add);
      case SoftCap softCap -> softCap(softCap);
      case GatedActivation activation -> gatedActivation(activation);
      case RmsNorm norm -> rmsNorm(norm);
      case Convert convert -> convert(convert);
      case Linear linear -> ReferenceLinear.linear(linear);
      case HeadLinear linear -> ReferenceLinear.headLinear(linear);
      case GroupedLinear linear -> ReferenceLinear.groupedLinear(linear);
      case RouteExperts route -> ReferenceRouting.routeExperts(route);
      case Sample sample -> ReferenceSampling.sample(sample);
      case RopeTable table -> ReferenceCache.ropeTable(table);
      case RopeAppend append -> ReferenceCache.ropeAppend(append);
      case CopyPages copy -> ReferenceCache.copyPages(copy);
      case Attention attention -> ReferenceAttention.attention(attention);
      case MergeAttention merge -> ReferenceAttention.merge(merge);
      case CausalConv conv -> ReferenceRecurrence.causalConv(conv);
      case SsmScan scan -> ReferenceRecurrence.ssmScan(scan);
    }
  }

  private static void embed(Embed op) {
    int[] ids = Rows.ints(op.ids());
    for (int t = 0; t < ids.length; t++) {
      double[] row = Rows.read(op.table(), ids[t]);
      for (int i = 0; i < row.length; i++) {
        row[i] *= op.scale();
      }
      Rows.write(op.out(), row, t);
    }
  }

  private static void add(Add op) {
    for (long t = 0; t < op.x().dim(0); t++) {
      double[] x = Rows.read(op.x(), t);
      double[] y = Rows.read(op.y(), t);
      for (int i = 0; i < x.length; i++) {
        x[i] += op.scale() * y[i];
      }
      Rows.write(op.out(), x, t);
    }
  }

  private static void softCap(SoftCap op) {
    for (long t = 0; t < op.x().dim(0); t++) {
      double[] x = Rows.read(op.x(), t);
      for (int i = 0; i < x.length; i++) {
        x[i] = op.cap() * Math.tanh(x[i] / op.cap());
      }
      Rows.write(op.out(), x, t);
    }
  }

  private static void gatedActivation(GatedActivation op) {
    for (long t = 0; t < op.gate().dim(0); t++) {
      double[] gate = Rows.read(op.gate(), t);
      double[] up = op.up() == null ? null : Rows.read(op.up(), t);
      double[] out = new double[gate.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = gated(op.activation(), gate[i], up == null ? 1 : up[i]);
      }
      Rows.write(op.out(), out, t);
    }
  }

  private static double gated(Activation activation, double gate, double up) {
    if (activation == Activation.SWIGLU_CLAMPED) {
      double g = Math.min(gate, 7);
      double u = Math.clamp(up, -7, 7);
      return g * sigmoid(1.702 * g) * (u + 1);
    }
    return activate(activation, gate) * up;
  }

  static double activate(Activation activation, double x) {
    return switch (activation) {
      case SILU -> x * sigmoid(x);
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU_ERF -> 0.5 * x * Erf.complement(-x / Math.sqrt(2));
      case RELU -> Math.max(x, 0);
      case RELU_SQUARED -> Math.max(x, 0) * Math.max(x, 0);
      case SWIGLU_CLAMPED -> throw new IllegalArgumentException(activation + " needs up");
    };
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static void rmsNorm(RmsNorm op) {
    Rows.forEach(
        op.x(),
        index -> {
          double[] x = Rows.read(op.x(), index);
          double squares = 0;
          for (double value : x) {
            squares += value * value;
          }
          double norm = 1 / Math.sqrt(squares / x.length + op.eps());
          double[] weight = normWeight(op.weight(), index);
          for (int i = 0; i < x.length; i++) {
            x[i] *= norm * (weight == null ? 1 : weight[i] + op.weightBias());
          }
          Rows.write(op.out(), x, index);
        });
  }

  private static double[] normWeight(Tensor weight, long[] index) {
    if (weight == null) {
      return null;
    }
    return weight.rank() == 2 ? Rows.read(weight, index[1]) : Rows.read(weight);
  }

  private static void convert(Convert op) {
    for (long r = 0; r < op.x().dim(0); r++) {
      Rows.writeFloats(op.out(), Rows.floats(op.x(), r), r);
    }
  }
}
