package dev.levin.core.model;

import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import java.util.Collection;
import java.util.Optional;

/** Named tensors of a model file, in host memory, usually mapped. Outermost dimension first. */
public interface WeightSource {
  /** Names in file order. */
  Collection<String> names();

  Optional<Tensor> find(String name);

  /** The file or folder, for messages. */
  String origin();

  default Tensor get(String name) {
    return find(name)
        .orElseThrow(
            () -> new ModelFormatException(origin() + ": tensor '" + name + "' is missing"));
  }
}
