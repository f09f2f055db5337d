package dev.levin.testkit.compare;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.testkit.reference.Rows;

/** How far each single element of an output may be off, in row-major order. */
final class ElementBounds {
  /** Rounding of what a product is added to, relative to its size. */
  private static final double ADDEND_ROUNDING = 1e-6;

  private ElementBounds() {}

  /**
   * @param op over inputs as they were before the launch
   * @param want wanted values of the output
   */
  static double[] of(Tolerance tolerance, Op op, DType dtype, float[] want) {
    double[] bounds = new double[want.length];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = tolerance.absolute() + tolerance.relative() * Math.abs(want[i]);
    }
    if (tolerance.steps() > 0) {
      addSteps(bounds, tolerance.steps(), dtype, want);
    }
    if (tolerance.share() > 0) {
      switch (op) {
        case Linear linear -> addLinear(bounds, tolerance.share(), linear);
        case HeadLinear linear -> addHeadLinear(bounds, tolerance.share(), linear);
        case GroupedLinear linear -> addGrouped(bounds, tolerance.share(), linear);
        default -> throw new IllegalArgumentException(op.name() + " is no product");
      }
    }
    return bounds;
  }

  private static void addSteps(double[] bounds, double steps, DType dtype, float[] want) {
    int block = dtype.blockValues();
    for (int start = 0; start < want.length; start += block) {
      double largest = 0;
      for (int i = start; i < start + block; i++) {
        largest = Math.max(largest, Math.abs(want[i]));
      }
      for (int i = start; i < start + block; i++) {
        bounds[i] += steps * step(dtype, largest);
      }
    }
  }

  /** Distance of neighbouring values near the largest magnitude that shares a scale. */
  private static double step(DType dtype, double largest) {
    return switch (dtype) {
      case F16 -> Math.max(largest * 0x1p-10, 0x1p-24);
      case BF16 -> Math.max(largest * 0x1p-7, Float.MIN_VALUE);
      case F8_E4M3 -> Math.max(largest * 0x1p-3, 0x1p-9);
      case F8_E5M2 -> Math.max(largest * 0x1p-2, 0x1p-16);
      case Q8_0 -> largest / 127 * 1.01;
      case Q4_0 -> largest / 7 * 1.01;
      default -> throw new IllegalArgumentException("the step of " + dtype + " is not known");
    };
  }

  private static void addLinear(double[] bounds, double share, Linear op) {
    int rows = Math.toIntExact(op.weight().dim(0));
    double[] lengths = new double[rows];
    for (int n = 0; n < rows; n++) {
      lengths[n] = length(op.weight(), n);
    }
    double[] bias = op.bias() == null ? new double[rows] : Rows.read(op.bias());
    int at = 0;
    for (long t = 0; t < op.x().dim(0); t++) {
      double x = length(op.x(), t);
      double[] residual = op.residual() == null ? new double[rows] : Rows.read(op.residual(), t);
      for (int n = 0; n < rows; n++, at++) {
        bounds[at] += Math.abs(op.scale()) * share * x * lengths[n];
        bounds[at] += ADDEND_ROUNDING * (Math.abs(residual[n]) + Math.abs(op.scale() * bias[n]));
      }
    }
  }

  private static void addHeadLinear(double[] bounds, double share, HeadLinear op) {
    int at = 0;
    for (long t = 0; t < op.x().dim(0); t++) {
      for (long h = 0; h < op.x().dim(1); h++) {
        double x = length(op.x(), t, h);
        for (long n = 0; n < op.weight().dim(1); n++, at++) {
          bounds[at] += share * x * length(op.weight(), h, n);
        }
      }
    }
  }

  private static void addGrouped(double[] bounds, double share, GroupedLinear op) {
    int rows = Math.toIntExact(op.weight().dim(1));
    int chosen = Math.toIntExact(op.ids().dim(1));
    for (int t = 0; t < op.ids().dim(0); t++) {
      int[] ids = Rows.ints(op.ids(), t);
      double[] combine = op.combine() == null ? null : Rows.read(op.combine(), t);
      double[] residual = op.residual() == null ? new double[rows] : Rows.read(op.residual(), t);
      for (int j = 0; j < chosen; j++) {
        double x = op.x().rank() == 2 ? length(op.x(), t) : length(op.x(), t, j);
        double[] bias = op.bias() == null ? new double[rows] : Rows.read(op.bias(), ids[j]);
        double factor = combine == null ? 1 : Math.abs(combine[j]);
        int start = (combine == null ? t * chosen + j : t) * rows;
        for (int n = 0; n < rows; n++) {
          bounds[start + n] += factor * share * x * length(op.weight(), ids[j], n);
          bounds[start + n] +=
              ADDEND_ROUNDING * (factor * Math.abs(bias[n]) + Math.abs(residual[n]));
        }
      }
    }
  }

  private static double length(Tensor tensor, long... index) {
    double squares = 0;
    for (double value : Rows.read(tensor, index)) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }
}
