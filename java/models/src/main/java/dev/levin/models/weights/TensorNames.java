package dev.levin.models.weights;

import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import java.util.List;

/**
 * How one file spells {@link Part}s.
 *
 * @param prefix what precedes the names of a Hugging Face model, such as {@code model.}
 */
public record TensorNames(Naming naming, String prefix) {
  private static final List<String> HUGGING_FACE_PREFIXES =
      List.of("model.", "model.language_model.", "language_model.model.", "backbone.", "");

  public static TensorNames gguf() {
    return new TensorNames(Naming.GGUF, "");
  }

  /** Finds the prefix by looking for the embedding. */
  public static TensorNames huggingFace(WeightSource weights) {
    for (String prefix : HUGGING_FACE_PREFIXES) {
      TensorNames names = new TensorNames(Naming.HUGGING_FACE, prefix);
      for (String name : names.candidates(Part.TOKEN_EMBEDDING, 0, ".weight")) {
        if (weights.find(name).isPresent()) {
          return names;
        }
      }
    }
    return new TensorNames(Naming.HUGGING_FACE, HUGGING_FACE_PREFIXES.getFirst());
  }

  /** Full names to try, best first, for a part with a suffix such as {@code .weight}. */
  public List<String> candidates(Part part, int layer, String suffix) {
    List<String> stems = naming == Naming.GGUF ? part.gguf() : part.huggingFace();
    return stems.stream().map(stem -> fullName(part, stem, layer) + suffix).toList();
  }

  private String fullName(Part part, String stem, int layer) {
    if (naming == Naming.GGUF) {
      return part.inLayer() ? "blk." + layer + "." + stem : stem;
    }
    if (part.inLayer()) {
      return prefix + "layers." + layer + "." + stem;
    }
    if (part == Part.OUTPUT) {
      return (prefix.startsWith("language_model.") ? "language_model." : "") + stem;
    }
    return prefix + stem;
  }
}
