package dev.levin.convert;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.levin.core.DType;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A Hugging Face folder in memory, to be changed and written elsewhere. */
public final class HuggingFaceCopy {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode config;
  private final Map<String, StoredTensor> tensors;

  private HuggingFaceCopy(ObjectNode config, Map<String, StoredTensor> tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  public static HuggingFaceCopy of(Path folder) throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    try (ModelSource source = ModelFiles.open(folder)) {
      for (String name : source.weights().names()) {
        tensors.put(name, StoredTensor.copyOf(source.weights().get(name)));
      }
    }
    ObjectNode config = (ObjectNode) JSON.readTree(folder.resolve("config.json").toFile());
    return new HuggingFaceCopy(config, tensors);
  }

  /** The fields of config.json; changes count. */
  public ObjectNode config() {
    return config;
  }

  /** In the order they are written; changes count. */
  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  public HostValues values(String name) {
    return tensors.get(name).decode();
  }

  public void put(String name, HostValues values) {
    tensors.put(name, StoredTensor.encode(values, DType.F32));
  }

  /** Drops all layers but the first ones. */
  public HuggingFaceCopy keepLayers(int count) {
    int layers = config.get("num_hidden_layers").asInt();
    for (int i = count; i < layers; i++) {
      String part = ".layers." + i + ".";
      tensors.keySet().removeIf(name -> name.contains(part));
    }
    config.put("num_hidden_layers", count);
    return this;
  }

  /** Gives every tensor another name. */
  public HuggingFaceCopy rename(UnaryOperator<String> rule) {
    Map<String, StoredTensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(rule.apply(name), tensor));
    tensors.clear();
    tensors.putAll(renamed);
    return this;
  }

  /** Writes config.json and one model.safetensors. */
  public Path write(Path folder) throws IOException {
    writeConfig(folder);
    writeSafetensors(folder.resolve("model.safetensors"), List.copyOf(tensors.keySet()));
    return folder;
  }

  /** Writes config.json, an index, and shards that take the tensors in turns. */
  public Path writeSharded(Path folder, int shards) throws IOException {
    writeConfig(folder);
    List<List<String>> names = new ArrayList<>();
    for (int i = 0; i < shards; i++) {
      names.add(new ArrayList<>());
    }
    Map<String, String> index = new TreeMap<>();
    int next = 0;
    for (String name : tensors.keySet()) {
      int shard = next++ % shards;
      names.get(shard).add(name);
      index.put(name, shardName(shard, shards));
    }
    for (int i = 0; i < shards; i++) {
      writeSafetensors(folder.resolve(shardName(i, shards)), names.get(i));
    }
    Map<String, Object> file = Map.of("metadata", Map.of(), "weight_map", index);
    JSON.writeValue(folder.resolve("model.safetensors.index.json").toFile(), file);
    return folder;
  }

  private static String shardName(int shard, int shards) {
    return "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
  }

  private void writeConfig(Path folder) throws IOException {
    Files.createDirectories(folder);
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
  }

  private void writeSafetensors(Path file, List<String> names) throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    long offset = 0;
    for (String name : names) {
      StoredTensor tensor = tensors.get(name);
      long end = offset + tensor.bytes().length;
      header.put(
          name,
          Map.of(
              "dtype", tensor.dtype().name(),
              "shape", tensor.shape().toArray(),
              "data_offsets", new long[] {offset, end}));
      offset = end;
    }
    byte[] json = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      out.write(length.putLong(json.length).array());
      out.write(json);
      for (String name : names) {
        out.write(tensors.get(name).bytes());
      }
    }
  }
}
