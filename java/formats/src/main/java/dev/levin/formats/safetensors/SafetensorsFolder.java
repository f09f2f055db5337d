package dev.levin.formats.safetensors;

import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.formats.io.JsonFile;
import dev.levin.formats.io.Mapping;
import dev.levin.formats.io.Quote;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The weights of a model folder: one safetensors file, or shards listed in an index. */
public final class SafetensorsFolder {
  /** The name of a model's only weight file. */
  public static final String SINGLE = "model.safetensors";

  /** The file that says which shard holds which tensor. */
  public static final String INDEX = "model.safetensors.index.json";

  private static final String SUFFIX = ".safetensors";
  private static final String WEIGHT_MAP = "weight_map";
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9._+-]+\\.safetensors");

  private SafetensorsFolder() {}

  /** True when the folder holds anything that {@link #open} would read. */
  public static boolean hasWeights(Path folder) {
    return Files.exists(folder.resolve(INDEX)) || !weightFiles(folder).isEmpty();
  }

  /**
   * The tensors of all files of the folder as views of their mappings.
   *
   * @throws ModelFormatException when a file is damaged or missing, or when it is not clear which
   *     files belong to the model
   */
  public static Map<String, Tensor> open(Path folder, Arena arena) {
    if (Files.exists(folder.resolve(SINGLE))) {
      return SafetensorsFile.open(folder.resolve(SINGLE), arena);
    }
    if (Files.exists(folder.resolve(INDEX))) {
      return openShards(folder, arena);
    }
    List<Path> files = weightFiles(folder);
    if (files.size() == 1) {
      return SafetensorsFile.open(files.getFirst(), arena);
    }
    throw new ModelFormatException(
        files.isEmpty()
            ? folder + ": no " + SINGLE + " and no " + INDEX
            : "%s: several safetensors files (%s) without %s"
                .formatted(folder, names(files), INDEX));
  }

  private static List<Path> weightFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).sorted().toList();
    } catch (IOException e) {
      throw Mapping.unreadable(folder, e);
    }
  }

  private static String names(List<Path> files) {
    List<String> names = files.stream().map(file -> file.getFileName().toString()).toList();
    return Quote.line(String.join(", ", names), 300);
  }

  private static Map<String, Tensor> openShards(Path folder, Arena arena) {
    Path index = folder.resolve(INDEX);
    Map<String, String> shardOf = readIndex(index);
    Set<String> shards = new LinkedHashSet<>(shardOf.values());
    Map<String, Tensor> tensors = LinkedHashMap.newLinkedHashMap(shardOf.size());
    for (String shard : shards) {
      Path file = folder.resolve(shard);
      if (!Files.exists(file)) {
        throw new ModelFormatException(
            "%s: shard %s is missing from the folder".formatted(index, Quote.of(shard)));
      }
      SafetensorsFile.open(file, arena)
          .forEach(
              (name, tensor) -> {
                if (shard.equals(shardOf.get(name))) {
                  tensors.put(name, tensor);
                }
              });
    }
    for (Map.Entry<String, String> entry : shardOf.entrySet()) {
      if (!tensors.containsKey(entry.getKey())) {
        throw new ModelFormatException(
            "%s: tensor %s is not in %s"
                .formatted(index, Quote.of(entry.getKey()), Quote.of(entry.getValue())));
      }
    }
    return tensors;
  }

  private static Map<String, String> readIndex(Path index) {
    Object field = JsonFile.readField(index, WEIGHT_MAP).orElse(null);
    if (!(field instanceof Map<?, ?> entries) || entries.isEmpty()) {
      throw new ModelFormatException(
          "%s: '%s' is missing, empty or not an object".formatted(index, WEIGHT_MAP));
    }
    Map<String, String> shardOf = LinkedHashMap.newLinkedHashMap(entries.size());
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      String name = (String) entry.getKey();
      if (!(entry.getValue() instanceof String shard) || !isPlainName(shard)) {
        throw new ModelFormatException(
            "%s: '%s' of %s is %s; expected the name of a safetensors file in this folder"
                .formatted(
                    index, WEIGHT_MAP, Quote.of(name), Quote.of(String.valueOf(entry.getValue()))));
      }
      shardOf.put(name, shard);
    }
    return shardOf;
  }

  /** An index comes from the network; it may name files of its own folder and no others. */
  private static boolean isPlainName(String name) {
    return PLAIN_NAME.matcher(name).matches();
  }
}
