package dev.levin.testkit.compare;

import dev.levin.core.DType;
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

/** The tolerance policy: one row per op class, and per output or dtype where they differ. */
public final class Tolerances {
  private static final Tolerance COPY = Tolerance.exact("nothing is computed");
  private static final Tolerance CODEC = Tolerance.exact("the codec defines every bit");
  private static final Tolerance LOOKUP =
      Tolerance.exact("one float32 multiplication has one right result");
  private static final Tolerance CHOICE =
      Tolerance.exact("integers, and ties have a defined winner");
  private static final Tolerance ELEMENTWISE =
      Tolerance.close(
          1e-5, 1e-5, "float32 functions of values up to 30; tanh and erf lose digits near 0");
  private static final Tolerance NORM =
      Tolerance.close(
          1e-20, 3e-4, "each element is a product, so NMSE 1e-7 holds element by element");
  private static final Tolerance ANGLE =
      Tolerance.close(1.2e-6, 0, "abs 1e-6 as the op states, times a scale of up to 1.21");
  private static final Tolerance ROTATION =
      Tolerance.nmse(1e-7, "two float32 products and a sum, which may cancel");
  private static final Tolerance ROTATED_STORE =
      Tolerance.oneStep("a rotation's last float32 bit may push a value over a rounding border");
  private static final Tolerance WEIGHTS =
      Tolerance.close(1e-6, 1e-5, "a softmax of at most a few hundred logits");
  private static final Tolerance SUM =
      Tolerance.nmse(1e-7, "float32 sums of products, which may cancel");
  private static final Tolerance FLOAT_PRODUCT =
      Tolerance.product(
          1e-4, 1e-7, Double.POSITIVE_INFINITY, "float32 sums of exactly decoded weights");
  private static final Tolerance QUANTISED_PRODUCT =
      Tolerance.product(
          1e-2,
          Double.POSITIVE_INFINITY,
          1e-3,
          "activations may be rounded to 8 bits: an error of max/254 each");
  private static final Tolerance ATTENTION =
      Tolerance.close(1e-4, 1e-4, "scores of about 100 in float32 make weights good to 1e-5")
          .withCosine(5e-6);
  private static final Tolerance LSE =
      Tolerance.close(2e-5, 2e-6, "tighter than the output: no values are mixed in");
  private static final Tolerance MERGE =
      Tolerance.close(1e-5, 1e-5, "two exponentials and a weighted mean of values up to 30");

  private Tolerances() {}

  /** The row for one output of an op, named as its record component. */
  public static Tolerance of(Op op, String output) {
    return switch (op) {
      case CopyPages o -> COPY;
      case Convert o -> CODEC;
      case Embed o -> LOOKUP;
      case Add o -> ELEMENTWISE;
      case SoftCap o -> ELEMENTWISE;
      case GatedActivation o -> ELEMENTWISE;
      case RmsNorm o -> NORM;
      case RopeTable o -> ANGLE;
      case RopeAppend o -> append(o, output);
      case RouteExperts o -> output.equals("ids") ? CHOICE : WEIGHTS;
      case Sample o -> CHOICE;
      case Linear o -> product(o.weight().dtype());
      case HeadLinear o -> product(o.weight().dtype());
      case GroupedLinear o -> product(o.weight().dtype());
      case Attention o -> output.equals("lse") ? LSE : ATTENTION;
      case MergeAttention o -> output.equals("lse") ? LSE : MERGE;
      case CausalConv o -> output.equals("state") ? COPY : SUM;
      case SsmScan o -> SUM;
    };
  }

  private static Tolerance append(RopeAppend op, String output) {
    if (op.cosSin() == null) {
      return output.equals("q") ? COPY : CODEC;
    }
    return switch (output) {
      case "q" -> ROTATION;
      case "kCache" -> op.kCache().dtype() == DType.F32 ? ROTATION : ROTATED_STORE;
      default -> CODEC;
    };
  }

  private static Tolerance product(DType weight) {
    return switch (weight) {
      case F32, F16, BF16 -> FLOAT_PRODUCT;
      default -> QUANTISED_PRODUCT;
    };
  }
}
