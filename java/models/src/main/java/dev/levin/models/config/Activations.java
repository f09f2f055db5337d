package dev.levin.models.config;

import dev.levin.core.model.Metadata;
import dev.levin.core.op.Activation;

/** Activations by the names that configurations give them. */
final class Activations {
  private Activations() {}

  static Activation named(Metadata config, String key, String name) {
    return switch (name) {
      case "silu", "swish" -> Activation.SILU;
      case "gelu_pytorch_tanh", "gelu_new", "gelu_fast" -> Activation.GELU_TANH;
      case "gelu" -> Activation.GELU_ERF;
      case "relu" -> Activation.RELU;
      case "relu2" -> Activation.RELU_SQUARED;
      default -> throw config.error(key, "is '" + name + "', an unknown activation");
    };
  }
}
