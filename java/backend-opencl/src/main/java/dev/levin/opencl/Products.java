package dev.levin.opencl;

import dev.levin.core.DType;

/**
 * What products with encoded weights are computed in: float32, or the weights' own codes with codes
 * of the activations, which are rounded to eight bits or to halves for each group of 32. Sums
 * across groups are float32 all the same. Weights without codes, unquantised ones above all, stay
 * with float32, and so do devices where one work-item has an output to itself.
 *
 * <p>Float32 unless asked for: no device that we tested on has either extension.
 */
enum Products {
  FLOAT("", 0),
  INT8("-D PRODUCTS=PRODUCTS_INT8", 11),
  FP16("-D PRODUCTS=PRODUCTS_FP16", 19),

  /** The arithmetic of {@link #INT8} on a device without it, for tests. */
  EMULATED_INT8(INT8.macros + " -D EMULATED_PRODUCTS=1", INT8.groupWords),

  /** The arithmetic of {@link #FP16} on a device without it, for tests. */
  EMULATED_FP16(FP16.macros + " -D EMULATED_PRODUCTS=1", FP16.groupWords);

  /** System property: {@code float}, {@code int8}, {@code fp16}, or {@code auto}. */
  static final String PROPERTY = "levin.opencl.products";

  private static final String INTEGER_DOT = "cl_khr_integer_dot_product";
  private static final String HALF = "cl_khr_fp16";

  private final String macros;
  private final int groupWords;

  Products(String macros, int groupWords) {
    this.macros = macros;
    this.groupWords = groupWords;
  }

  /**
   * What the property asks for; {@code auto} is integers where the device has an instruction for
   * them, else halves where it offers them, else float32.
   *
   * @throws IllegalArgumentException when the device does not offer it, or it is no choice
   */
  static Products configured(OpenClDevice device) {
    String choice = System.getProperty(PROPERTY, "float").strip();
    return switch (choice) {
      case "float" -> FLOAT;
      case "int8" -> required(device, choice, INT8);
      case "fp16" -> required(device, choice, FP16);
      case "auto" -> best(device);
      default ->
          throw new IllegalArgumentException(
              PROPERTY + " is '" + choice + "', expected 'auto', 'float', 'int8' or 'fp16'");
    };
  }

  private static Products best(OpenClDevice device) {
    if (!sharesOutputs(device)) {
      return FLOAT;
    }
    if (offers(device, INT8) && device.acceleratedDot()) {
      return INT8;
    }
    return offers(device, FP16) ? FP16 : FLOAT;
  }

  private static boolean sharesOutputs(OpenClDevice device) {
    return LaunchSizes.of(device).lanes() > 1;
  }

  private static boolean offers(OpenClDevice device, Products products) {
    return products == INT8
        ? device.offers(INTEGER_DOT) && device.version().startsWith("OpenCL 3")
        : device.offers(HALF);
  }

  private static Products required(OpenClDevice device, String choice, Products products) {
    if (!sharesOutputs(device)) {
      throw new IllegalArgumentException(
          "%s is '%s', but on processors such as '%s' products are float32; leave it out"
              .formatted(PROPERTY, choice, device.info().name()));
    }
    if (!offers(device, products)) {
      throw new IllegalArgumentException(
          "%s is '%s', but OpenCL device '%s' does not offer %s; leave it out"
              .formatted(
                  PROPERTY,
                  choice,
                  device.info().name(),
                  products == INT8 ? INTEGER_DOT + " and OpenCL 3" : HALF));
    }
    return products;
  }

  /** Whether products with weights of a type read encoded activations. */
  boolean encodes(DType weight) {
    return this != FLOAT
        && switch (weight) {
          case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 -> true;
          case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> true;
          case IQ4_NL, IQ4_XS -> true;
          case TQ1_0, TQ2_0, I2_S, MXFP4, NVFP4 -> true;
          default -> false;
        };
  }

  /** Compiler options of programs over encoded activations. */
  String macros() {
    return macros;
  }

  /** Words of 4 bytes that an encoded group of activations takes, as the kernels have it. */
  int groupWords() {
    return groupWords;
  }
}
