package dev.levin.cli;

import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.core.model.WeightSource;
import dev.levin.formats.ModelSource;
import dev.levin.formats.tokenizer.Tokenizer;
import dev.levin.models.DecoderConfig;
import dev.levin.models.config.LayerConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.Supplier;

/** What there is to say about an opened model, as plain data. */
final class ModelSummary {
  /** Stands alone in place of a part that Levin does not understand, and tells why. */
  static final String PROBLEM = "problem";

  private final ModelSource source;

  ModelSummary(ModelSource source) {
    this.source = source;
  }

  /** One tensor of the files. */
  record TensorRow(String name, DType dtype, long[] shape, long elements, long bytes) {}

  List<TensorRow> tensors() {
    WeightSource weights = source.weights();
    List<TensorRow> rows = new ArrayList<>();
    for (String name : weights.names()) {
      var tensor = weights.get(name);
      rows.add(
          new TensorRow(
              name,
              tensor.dtype(),
              tensor.shape().toArray(),
              tensor.shape().elements(),
              tensor.byteSize()));
    }
    return rows;
  }

  /** Bytes by type, in the order of the types. */
  static Map<DType, Long> bytesByType(List<TensorRow> tensors) {
    Map<DType, Long> bytes = new EnumMap<>(DType.class);
    tensors.forEach(tensor -> bytes.merge(tensor.dtype(), tensor.bytes(), Long::sum));
    return bytes;
  }

  static long parameters(List<TensorRow> tensors) {
    return tensors.stream().mapToLong(TensorRow::elements).sum();
  }

  static long bytes(List<TensorRow> tensors) {
    return tensors.stream().mapToLong(TensorRow::bytes).sum();
  }

  /** The configuration as Levin understands it, equal layers together; or the problem. */
  Map<String, Object> config() {
    return orProblem(this::readConfig);
  }

  private Map<String, Object> readConfig() {
    DecoderConfig config = DecoderConfig.read(source.metadata(), source.naming(), source.weights());
    @SuppressWarnings("unchecked")
    Map<String, Object> fields = (Map<String, Object>) PlainData.of(config);
    fields.remove("tensorNames");
    fields.put("numLayers", config.numLayers());
    fields.put("layers", groups(config.layers()));
    return fields;
  }

  private static List<Map<String, Object>> groups(List<LayerConfig> layers) {
    Map<Object, List<Integer>> indices = new LinkedHashMap<>();
    for (int i = 0; i < layers.size(); i++) {
      indices.computeIfAbsent(PlainData.of(layers.get(i)), key -> new ArrayList<>()).add(i);
    }
    List<Map<String, Object>> groups = new ArrayList<>();
    indices.forEach(
        (layer, members) -> {
          Map<String, Object> group = new LinkedHashMap<>();
          group.put("indices", members);
          ((Map<?, ?>) layer).forEach((key, value) -> group.put(String.valueOf(key), value));
          groups.add(group);
        });
    return groups;
  }

  /** Vocabulary and special tokens, or the problem; empty without a tokenizer. */
  Map<String, Object> tokenizer() {
    return orProblem(this::readTokenizer);
  }

  private Map<String, Object> readTokenizer() {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (source.hasTokenizer()) {
      Tokenizer tokenizer = source.tokenizer();
      fields.put("vocabulary", tokenizer.vocabSize());
      put(fields, "bos", tokenizer, tokenizer.bosId());
      put(fields, "eos", tokenizer, tokenizer.eosId());
      fields.put("end_tokens", new TreeSet<>(source.endTokens()).stream().toList());
    }
    return fields;
  }

  /** A part that is not understood is no reason to hide the others. */
  private static Map<String, Object> orProblem(Supplier<Map<String, Object>> part) {
    try {
      return part.get();
    } catch (ModelFormatException e) {
      return Map.of(PROBLEM, e.getMessage());
    }
  }

  private static void put(
      Map<String, Object> fields, String name, Tokenizer tokenizer, OptionalInt id) {
    if (id.isPresent()) {
      fields.put(name, Map.of("id", id.getAsInt(), "piece", tokenizer.piece(id.getAsInt())));
    }
  }
}
