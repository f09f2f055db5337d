package dev.levin.formats.quantize;

import dev.levin.core.DType;

/** One line of a mix: matrices of this role, where the condition holds, become this type. */
record MixRule(TensorRole role, Condition condition, DType dtype) {
  /** Under what circumstances a rule applies. */
  enum Condition {
    ALWAYS,
    FIRST_2_LAYERS,
    FIRST_4_LAYERS,
    FIRST_EIGHTH,
    FIRST_SIXTEENTH,
    /** The first eighth, unless importance is known, which makes up for it. */
    FIRST_EIGHTH_UNCALIBRATED,
    /** The first eighth, when importance is known. */
    FIRST_EIGHTH_CALIBRATED,
    UNCALIBRATED,
    SENSITIVE_LAYERS,
    /** Value matrices that four or more query heads share are small and worth more bits. */
    GROUPED_QUERIES,
    EIGHT_EXPERTS,
    /** The embedding is the output matrix as well. */
    TIED
  }

  boolean appliesTo(TensorRole tensor, LayerPosition layer, ModelTraits model) {
    return tensor == role
        && switch (condition) {
          case ALWAYS -> true;
          case FIRST_2_LAYERS -> layer.index() < 2;
          case FIRST_4_LAYERS -> layer.index() < 4;
          case FIRST_EIGHTH -> layer.inFirst(8);
          case FIRST_SIXTEENTH -> layer.inFirst(16);
          case FIRST_EIGHTH_UNCALIBRATED -> layer.inFirst(8) && !model.calibrated();
          case FIRST_EIGHTH_CALIBRATED -> layer.inFirst(8) && model.calibrated();
          case UNCALIBRATED -> !model.calibrated();
          case SENSITIVE_LAYERS -> layer.isSensitive();
          case GROUPED_QUERIES -> model.queriesPerKey() >= 4;
          case EIGHT_EXPERTS -> model.experts() == 8;
          case TIED -> model.tied();
        };
  }
}
