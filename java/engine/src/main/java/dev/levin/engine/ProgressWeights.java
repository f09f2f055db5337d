package dev.levin.engine;

import dev.levin.core.Tensor;
import dev.levin.core.model.WeightSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Weights that tell a listener how many of their bytes have been asked for. */
final class ProgressWeights implements WeightSource {
  private final WeightSource weights;
  private final LoadListener listener;
  private final Set<String> seen = new HashSet<>();
  private final long totalBytes;
  private long seenBytes;

  ProgressWeights(WeightSource weights, LoadListener listener) {
    this.weights = weights;
    this.listener = listener;
    long bytes = 0;
    for (String name : weights.names()) {
      bytes += weights.find(name).map(Tensor::byteSize).orElse(0L);
    }
    totalBytes = Math.max(1, bytes);
  }

  @Override
  public Collection<String> names() {
    return weights.names();
  }

  /** Reports the tensors found before this one as done. */
  @Override
  public Optional<Tensor> find(String name) {
    listener.progress(Math.min(1, (double) seenBytes / totalBytes));
    Optional<Tensor> tensor = weights.find(name);
    if (tensor.isPresent() && seen.add(name)) {
      seenBytes += tensor.get().byteSize();
    }
    return tensor;
  }

  @Override
  public String origin() {
    return weights.origin();
  }
}
