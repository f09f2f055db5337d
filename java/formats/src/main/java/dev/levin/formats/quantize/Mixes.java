package dev.levin.formats.quantize;

import dev.levin.core.DType;
import dev.levin.formats.quantize.MixRule.Condition;
import java.util.ArrayList;
import java.util.List;

/**
 * The mixes as a table. A line is the name, the type of all matrices that no rule names, the file
 * type of GGUF, and rules {@code role/condition=type}, of which the first that applies counts.
 * Lines that do not begin with a rule for the output matrix have the common rules before their own.
 */
final class Mixes {
  private static final String TABLE =
      """
      TQ1_0   TQ1_0   36 EMBEDDING/ALWAYS=Q4_K
      IQ2_XXS IQ2_XXS 19 OUTPUT/ALWAYS=Q5_K EMBEDDING/TIED=Q5_K EMBEDDING/ALWAYS=Q2_K \
      ATTENTION_VALUE/GROUPED_QUERIES=Q4_K ATTENTION_VALUE/EIGHT_EXPERTS=Q4_K \
      ATTENTION_VALUE/ALWAYS=Q2_K ATTENTION_KEY/EIGHT_EXPERTS=Q4_K \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K FFN_DOWN/FIRST_EIGHTH=Q2_K
      TQ2_0   TQ2_0   37 EMBEDDING/ALWAYS=Q4_K
      IQ2_XS  IQ2_XS  20 OUTPUT/ALWAYS=Q5_K EMBEDDING/TIED=Q5_K EMBEDDING/ALWAYS=Q2_K \
      ATTENTION_VALUE/GROUPED_QUERIES=Q4_K ATTENTION_VALUE/EIGHT_EXPERTS=Q4_K \
      ATTENTION_VALUE/ALWAYS=Q2_K ATTENTION_KEY/EIGHT_EXPERTS=Q4_K \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K FFN_DOWN/FIRST_EIGHTH=Q2_K
      IQ2_S   IQ2_XS  28 OUTPUT/ALWAYS=Q5_K EMBEDDING/TIED=Q5_K EMBEDDING/ALWAYS=IQ3_S \
      ATTENTION_VALUE/GROUPED_QUERIES=Q4_K ATTENTION_VALUE/EIGHT_EXPERTS=Q4_K \
      ATTENTION_VALUE/ALWAYS=IQ3_S ATTENTION_KEY/EIGHT_EXPERTS=Q4_K \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K ATTENTION_OUTPUT/ALWAYS=IQ3_S \
      FFN_DOWN/FIRST_EIGHTH=IQ3_S
      IQ2_M   IQ2_S   29 OUTPUT/ALWAYS=Q5_K EMBEDDING/TIED=Q5_K EMBEDDING/ALWAYS=IQ3_S \
      ATTENTION_VALUE/GROUPED_QUERIES=Q4_K ATTENTION_VALUE/EIGHT_EXPERTS=Q4_K \
      ATTENTION_VALUE/ALWAYS=IQ3_S ATTENTION_KEY/EIGHT_EXPERTS=Q4_K \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K ATTENTION_OUTPUT/ALWAYS=IQ3_S \
      FFN_DOWN/FIRST_EIGHTH=IQ3_S
      Q2_K_S  Q2_K    21 ATTENTION_VALUE/GROUPED_QUERIES=Q4_K FFN_DOWN/FIRST_EIGHTH=Q4_K
      Q2_K    Q2_K    10 ATTENTION_VALUE/GROUPED_QUERIES=Q4_K ATTENTION_VALUE/ALWAYS=Q3_K \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K ATTENTION_OUTPUT/ALWAYS=Q3_K FFN_DOWN/ALWAYS=Q3_K
      IQ3_XXS IQ3_XXS 23 OUTPUT/ALWAYS=Q5_K EMBEDDING/TIED=Q5_K EMBEDDING/ALWAYS=IQ3_S \
      ATTENTION_VALUE/EIGHT_EXPERTS=Q8_0 ATTENTION_VALUE/GROUPED_QUERIES=Q4_K \
      ATTENTION_VALUE/ALWAYS=IQ3_S ATTENTION_KEY/EIGHT_EXPERTS=Q8_0 \
      ATTENTION_KEY/ALWAYS=IQ2_S ATTENTION_QUERY/ALWAYS=IQ2_S \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K ATTENTION_OUTPUT/ALWAYS=IQ3_S \
      FFN_DOWN/FIRST_EIGHTH_UNCALIBRATED=Q4_K FFN_DOWN/UNCALIBRATED=Q3_K
      IQ3_S   IQ3_S   26 ATTENTION_VALUE/GROUPED_QUERIES=Q4_K ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K
      IQ3_M   IQ3_S   27 ATTENTION_VALUE/ALWAYS=Q4_K ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K \
      ATTENTION_OUTPUT/ALWAYS=Q4_K FFN_DOWN/FIRST_EIGHTH=Q4_K
      Q3_K_S  Q3_K    11 ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K
      Q3_K_M  Q3_K    12 ATTENTION_VALUE/FIRST_2_LAYERS=Q5_K ATTENTION_VALUE/ALWAYS=Q4_K \
      ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K ATTENTION_OUTPUT/ALWAYS=Q4_K \
      FFN_DOWN/FIRST_SIXTEENTH=Q5_K FFN_DOWN/ALWAYS=Q4_K
      Q3_K_L  Q3_K    13 ATTENTION_VALUE/ALWAYS=Q5_K ATTENTION_OUTPUT/ALWAYS=Q5_K \
      FFN_DOWN/ALWAYS=Q5_K
      MXFP4   MXFP4   38
      IQ4_XS  IQ4_XS  30 ATTENTION_VALUE/GROUPED_QUERIES=Q5_K ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K \
      FFN_DOWN/FIRST_EIGHTH_UNCALIBRATED=Q5_K
      IQ4_NL  IQ4_NL  25 ATTENTION_VALUE/GROUPED_QUERIES=Q5_K ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K \
      FFN_DOWN/FIRST_EIGHTH_UNCALIBRATED=Q5_K
      NVFP4   NVFP4   39
      Q4_0    Q4_0     2 FFN_DOWN/FIRST_EIGHTH_CALIBRATED=Q4_1
      Q4_K_S  Q4_K    14 ATTENTION_VALUE/FIRST_4_LAYERS=Q5_K ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K \
      FFN_DOWN/FIRST_EIGHTH=Q5_K
      Q4_K_M  Q4_K    15 ATTENTION_VALUE/SENSITIVE_LAYERS=Q6_K ATTENTION_OUTPUT/EIGHT_EXPERTS=Q5_K \
      FFN_DOWN/SENSITIVE_LAYERS=Q6_K
      Q4_1    Q4_1     3
      Q5_0    Q5_0     8 FFN_DOWN/FIRST_EIGHTH_CALIBRATED=Q5_1
      Q5_K_S  Q5_K    16
      Q5_K_M  Q5_K    17 ATTENTION_VALUE/SENSITIVE_LAYERS=Q6_K FFN_DOWN/SENSITIVE_LAYERS=Q6_K
      Q5_1    Q5_1     9
      Q6_K    Q6_K    18
      Q8_0    Q8_0     7
      BF16    BF16    32
      F16     F16      1
      F32     F32      0
      """;

  /** In the order of the table, which is that of the sizes. */
  static final List<Recipe> ALL = TABLE.lines().map(Mixes::parse).toList();

  private Mixes() {}

  /** The file type of models that have one type throughout, or -1. */
  static int fileType(DType dtype) {
    int fileType = -1;
    for (Recipe mix : ALL) {
      if (mix.base() == dtype && mix.name().equals(dtype.name())) {
        return mix.fileType();
      }
      if (mix.base() == dtype && (fileType < 0 || mix.name().endsWith("_S"))) {
        fileType = mix.fileType();
      }
    }
    return fileType;
  }

  private static Recipe parse(String line) {
    String[] fields = line.strip().split("\\s+");
    DType base = DType.valueOf(fields[1]);
    List<MixRule> rules = new ArrayList<>();
    for (int i = 3; i < fields.length; i++) {
      String[] rule = fields[i].split("[/=]");
      rules.add(rule(rule[0], Condition.valueOf(rule[1]), DType.valueOf(rule[2])));
    }
    boolean complete = !rules.isEmpty() && rules.getFirst().role() == TensorRole.OUTPUT;
    if (base.isBlock() && !complete) {
      addCommonRules(rules, base);
    }
    return new Recipe(fields[0], base, Integer.parseInt(fields[2]), rules);
  }

  /**
   * The output matrix decides about every token and the attention of models of eight experts is
   * small beside these: both get more bits, whatever the mix.
   */
  private static void addCommonRules(List<MixRule> rules, DType base) {
    boolean float4 = base == DType.MXFP4 || base == DType.NVFP4;
    DType output = base == DType.Q8_0 || float4 ? DType.Q8_0 : DType.Q6_K;
    rules.addFirst(rule("ATTENTION_VALUE", Condition.EIGHT_EXPERTS, DType.Q8_0));
    rules.addFirst(rule("ATTENTION_KEY", Condition.EIGHT_EXPERTS, DType.Q8_0));
    rules.addFirst(rule("EMBEDDING", Condition.TIED, output));
    rules.addFirst(rule("OUTPUT", Condition.ALWAYS, output));
  }

  private static MixRule rule(String role, Condition condition, DType dtype) {
    return new MixRule(TensorRole.valueOf(role), condition, dtype);
  }
}
