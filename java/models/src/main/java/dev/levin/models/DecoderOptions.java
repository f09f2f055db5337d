package dev.levin.models;

import dev.levin.core.DType;
import dev.levin.core.LevinException;
import dev.levin.core.op.Op;
import java.util.Locale;

/**
 * How a decoder is laid out in memory.
 *
 * @param contextLength longest sequence in tokens, 0 for the model's own limit
 * @param pageSize tokens per KV page
 * @param numPages pages in the pool
 * @param kvDtype element type of keys and values
 * @param stateSlots sequences that may hold recurrent state at once (state-space models)
 * @param activations element type of what layers hand on: F32, F16 or BF16. F16 ends at 65504:
 *     models trained in bfloat16 may exceed that
 */
public record DecoderOptions(
    int contextLength,
    int pageSize,
    int numPages,
    DType kvDtype,
    int stateSlots,
    DType activations) {
  /** System property that names the type of activations. */
  public static final String ACTIVATIONS_PROPERTY = "levin.activations";

  /** With activations in F32. */
  public DecoderOptions(
      int contextLength, int pageSize, int numPages, DType kvDtype, int stateSlots) {
    this(contextLength, pageSize, numPages, kvDtype, stateSlots, DType.F32);
  }

  /**
   * The type of activations that {@link #ACTIVATIONS_PROPERTY} names; F32 when it is not set.
   *
   * @throws LevinException for another name than f32, f16 and bf16
   */
  public static DType configuredActivations() {
    String name = System.getProperty(ACTIVATIONS_PROPERTY, "");
    return name.isBlank() ? DType.F32 : activations("-D" + ACTIVATIONS_PROPERTY, name);
  }

  /**
   * The type of activations with a name, whatever its case.
   *
   * @param option names the origin in the error
   * @throws LevinException for another name than f32, f16 and bf16
   */
  public static DType activations(String option, String name) {
    for (DType dtype : Op.ACTIVATION_TYPES) {
      if (dtype.name().equals(name.strip().toUpperCase(Locale.ROOT))) {
        return dtype;
      }
    }
    throw new LevinException(option + " is '" + name + "', expected f32, f16 or bf16");
  }
}
