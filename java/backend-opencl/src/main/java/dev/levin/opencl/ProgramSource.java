package dev.levin.opencl;

import dev.levin.core.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Which kernel files make one program, and the macros that specialise it.
 *
 * @param files names without ending, in order; the prelude comes first by itself
 * @param options compiler options besides those of the device
 */
record ProgramSource(List<String> files, String options) {
  private static final String PRELUDE = "prelude";

  /** Kernels that read no encoded tensors. */
  static final ProgramSource COMMON =
      new ProgramSource(
          List.of(
              "elementwise",
              "norm",
              "rope_table",
              "pages",
              "merge_attention",
              "routing",
              "sample",
              "recurrence"),
          "");

  /** Rows and products over a dtype that has a decoder. */
  static Optional<ProgramSource> weights(DType dtype, Products products) {
    List<String> decoders = decoders(dtype);
    if (decoders.isEmpty()) {
      return Optional.empty();
    }
    boolean encoded = products.encodes(dtype);
    List<String> files = new ArrayList<>(decoders);
    files.addAll(List.of("rows", "products", encoded ? "coded_groups" : "float_groups"));
    files.addAll(List.of("lane_products", "linear"));
    String type = "-D DTYPE=" + dtype.name().toLowerCase(Locale.ROOT);
    return Optional.of(
        new ProgramSource(List.copyOf(files), encoded ? type + " " + products.macros() : type));
  }

  private static List<String> decoders(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16, F8_E4M3, F8_E5M2, U8, I8, I16, I32, I64 -> List.of("quant_plain");
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 -> List.of("quant", "quant_legacy");
      case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> List.of("quant", "quant_k");
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS ->
          List.of("quant", "quant_iq");
      case TQ1_0, TQ2_0, I2_S, MXFP4, NVFP4 -> List.of("quant", "quant_small");
      case F64, BOOL, Q8_1, Q8_K -> List.of();
    };
  }

  /** Attention over a dtype that pages may have, and encoding to it. */
  static Optional<ProgramSource> cache(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16, F8_E4M3, F8_E5M2, Q8_0, Q4_0 ->
          Optional.of(
              new ProgramSource(
                  List.of("kv_codec", "rope_append", "attention"),
                  "-D KV_TYPE=KV_" + dtype.name()));
      default -> Optional.empty();
    };
  }

  /** The same kernels over activations of a type. */
  ProgramSource over(DType activations) {
    return activations == DType.F32
        ? this
        : new ProgramSource(files, (options + " -D ACT=ACT_" + activations).strip());
  }

  /** The text of all files. */
  String[] texts() {
    String[] texts = new String[files.size() + 1];
    texts[0] = text(PRELUDE);
    for (int i = 1; i < texts.length; i++) {
      texts[i] = text(files.get(i - 1));
    }
    return texts;
  }

  private static String text(String file) {
    String name = file + ".cl";
    try (InputStream stream = ProgramSource.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException(name + " is missing from levin-backend-opencl");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
