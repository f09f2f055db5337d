package dev.levin.models.weights;

import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.model.WeightSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds the parts of a decoder in a file and checks their shapes. */
final class TensorFinder {
  static final String[] WEIGHT = {".weight", ""};
  static final String[] BIAS = {".bias", "_bias"};

  /** A tensor and the name it was found under. */
  record Found(String name, Tensor tensor) {}

  private final WeightSource source;
  private final TensorNames names;

  TensorFinder(WeightSource source, TensorNames names) {
    this.source = source;
    this.names = names;
  }

  Optional<Found> find(Part part, int layer, String... suffixes) {
    for (String suffix : suffixes) {
      for (String name : names.candidates(part, layer, suffix)) {
        Optional<Tensor> tensor = source.find(name);
        if (tensor.isPresent()) {
          return Optional.of(new Found(name, tensor.get()));
        }
      }
    }
    return Optional.empty();
  }

  Found require(Part part, int layer, String... suffixes) {
    return find(part, layer, suffixes).orElseThrow(() -> missing(part, layer, suffixes));
  }

  /** A tensor of exactly this shape. */
  Found require(Part part, int layer, long... dims) {
    return shaped(require(part, layer, WEIGHT), dims);
  }

  /** One expert's matrix, for files that keep experts apart. */
  Optional<Found> expert(Part part, int layer, int expert) {
    for (String name : names.candidates(part, layer, ".weight")) {
      if (name.contains("%d")) {
        String numbered = name.replace("%d", Integer.toString(expert));
        Optional<Tensor> tensor = source.find(numbered);
        if (tensor.isPresent()) {
          return Optional.of(new Found(numbered, tensor.get()));
        }
      }
    }
    return Optional.empty();
  }

  ModelFormatException missing(Part part, int layer, String... suffixes) {
    List<String> candidates = names.candidates(part, layer, suffixes[0]);
    return new ModelFormatException(
        source.origin() + ": tensor '" + String.join("' or '", candidates) + "' is missing");
  }

  Found shaped(Found found, long... dims) {
    if (!Arrays.equals(found.tensor().shape().toArray(), dims)) {
      throw mismatch(found, dims);
    }
    return found;
  }

  ModelFormatException mismatch(Found found, long... dims) {
    return new ModelFormatException(
        "%s: tensor '%s' has shape %s, the configuration asks for %s"
            .formatted(
                source.origin(),
                found.name(),
                found.tensor().shape(),
                Arrays.toString(dims).replace(" ", "")));
  }
}
