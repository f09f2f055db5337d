package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Activations of 16 bits: for every op some of its awkward cases again, for products one encoding
 * of weights from each family of kernels.
 */
final class ActivationGrid {
  private static final List<DType> TYPES =
      Op.ACTIVATION_TYPES.stream().filter(dtype -> dtype != DType.F32).sorted().toList();

  private static final List<DType> WEIGHTS =
      List.of(
          DType.F32,
          DType.F16,
          DType.BF16,
          DType.F8_E4M3,
          DType.Q4_0,
          DType.Q5_1,
          DType.Q8_0,
          DType.Q4_K,
          DType.IQ2_XS,
          DType.IQ4_NL,
          DType.TQ1_0,
          DType.MXFP4);

  private static final List<DType> CACHES = List.of(DType.F32, DType.F16, DType.Q8_0);

  private ActivationGrid() {}

  /** Adds to cases that are complete otherwise. */
  static void addTo(List<OpCase> cases) {
    List<OpCase> chosen = new ArrayList<>();
    for (OpCase row : cases) {
      if (isChosen(row)) {
        chosen.add(row);
      }
    }
    for (DType type : TYPES) {
      chosen.forEach(row -> cases.add(row.withActivations(type)));
      for (DType weight : WEIGHTS) {
        addLogits(cases, type, weight);
      }
    }
  }

  private static boolean isChosen(OpCase row) {
    return switch (row.op()) {
      case "Add", "SoftCap", "GatedActivation" ->
          has(row, "[0,7]", "[3,33]", "[17,64]", "[1,500]", "[3,4097]");
      case "RmsNorm" -> has(row, "[0,7]", "[3,33]", "[17,64]", "[3,4097]", "[5,3,80]", "[2,4,111]");
      case "Linear" ->
          of(row, WEIGHTS)
              && has(
                  row, "bias", "into", "T=0 ", "T=1 N=8 ", "T=3 N=33 ", "T=17 N=33 ", "T=8 N=130 ");
      case "HeadLinear" -> of(row, WEIGHTS) && has(row, "T=1 ", "T=5 ");
      case "GroupedLinear" -> of(row, WEIGHTS) && has(row, "T=1 ", "T=7 ");
      case "Embed" -> of(row, WEIGHTS) && has(row, "9 tokens, scale 2.25") || has(row, "gathers");
      case "RopeAppend" -> of(row, CACHES) && has(row, "page 1", "page 8", "3/17");
      case "Attention" -> of(row, CACHES) && isAwkward(row);
      case "MergeAttention" -> has(row, "[1,3,128]", "[5,3,33]", "[0,3,16]");
      case "CausalConv" -> has(row, "Ch=33 ", "Ch=500 W=4");
      case "SsmScan" -> true;
      default -> false;
    };
  }

  private static boolean isAwkward(OpCase row) {
    return has(row, "tree", "not causal", "latent", "sinks", "cap 20", "D=128", "D=111", "33/500");
  }

  /** Whether a label begins with one of the types. */
  private static boolean of(OpCase row, List<DType> dtypes) {
    Predicate<DType> begins = dtype -> row.label().startsWith(dtype + " ");
    return dtypes.stream().anyMatch(begins);
  }

  private static boolean has(OpCase row, String... parts) {
    return Stream.of(parts).anyMatch(row.label()::contains);
  }

  /** Sums that leave as float32 though their inputs were narrower. */
  private static void addLogits(List<OpCase> cases, DType type, DType weight) {
    int k = 2 * Math.max(weight.blockValues(), 64);
    for (int tokens : new int[] {1, 5, 17}) {
      cases.add(
          OpCase.of(
                  Linear.class,
                  "%s T=%d N=19 K=%d, F32 from %s".formatted(weight, tokens, k, type),
                  (f, draw) ->
                      new Linear(
                          f.encoded(
                              type,
                              Layout.DENSE,
                              draw.named("x").peaky((long) tokens * k),
                              tokens,
                              k),
                          f.weight(weight, Layout.DENSE, draw, 19, k),
                          f.weight(draw.named("bias").peaky(19), 19),
                          f.f32(draw.named("residual").peaky(tokens * 19), tokens, 19),
                          f.output(tokens, 19),
                          0.5f))
              .over(type));
    }
  }
}
