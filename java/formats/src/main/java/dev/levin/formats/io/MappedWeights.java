package dev.levin.formats.io;

import dev.levin.core.Tensor;
import dev.levin.core.model.WeightSource;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Tensors by name, in file order, over memory that somebody else closes. */
public final class MappedWeights implements WeightSource {
  private final String origin;
  private final Map<String, Tensor> tensors;

  public MappedWeights(String origin, Map<String, Tensor> tensors) {
    this.origin = origin;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  @Override
  public Collection<String> names() {
    return tensors.keySet();
  }

  @Override
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  @Override
  public String origin() {
    return origin;
  }
}
