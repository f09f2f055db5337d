package dev.levin.formats.gguf;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import dev.levin.formats.ModelSource;
import dev.levin.formats.io.MappedWeights;
import dev.levin.formats.io.Mapping;
import dev.levin.formats.io.Quote;
import dev.levin.formats.tokenizer.Tokenizer;
import dev.levin.formats.tokenizer.Tokenizers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A model from one GGUF file or from all parts of a split one. Tensors are views of the files. */
public final class GgufModel implements ModelSource {
  private static final String SPLIT_COUNT = "split.count";
  private static final String SPLIT_NUMBER = "split.no";
  private static final String SPLIT_TENSORS = "split.tensors.count";
  private static final Set<String> SPLIT_KEYS = Set.of(SPLIT_COUNT, SPLIT_NUMBER, SPLIT_TENSORS);
  private static final List<String> END_KEYS =
      List.of(
          "tokenizer.ggml.eos_token_id",
          "tokenizer.ggml.eot_token_id",
          "tokenizer.ggml.eom_token_id");

  private final String name;
  private final Metadata metadata;
  private final Map<String, GgufType> types;
  private final WeightSource weights;
  private final Arena arena;
  private Tokenizer tokenizer;

  private GgufModel(
      String name,
      Metadata metadata,
      Map<String, GgufType> types,
      WeightSource weights,
      Arena arena) {
    this.name = name;
    this.metadata = metadata;
    this.types = types;
    this.weights = weights;
    this.arena = arena;
  }

  /**
   * Maps a file, and when its name says that it is part of a split model, all parts.
   *
   * @throws ModelFormatException naming file, field and byte when a file is damaged or missing
   */
  public static GgufModel open(Path file) {
    Optional<GgufSplit> split =
        GgufSplit.ofName(file.getFileName().toString()).filter(parts -> parts.count() > 1);
    List<Path> files = split.map(parts -> parts.files(file)).orElse(List.of(file));
    Arena arena = Arena.ofShared();
    try {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      GgufHeader first = null;
      for (int i = 0; i < files.size(); i++) {
        GgufHeader part = openPart(files.get(i), i, files.size(), arena, tensors);
        first = i == 0 ? part : first;
      }
      Metadata metadata = new Metadata(files.getFirst().toString(), first.metadata());
      checkTensorCount(metadata, tensors.size());
      String fileName = split.map(GgufSplit::prefix).orElse(file.getFileName().toString());
      WeightSource weights = new MappedWeights(metadata.origin(), tensors);
      return new GgufModel(nameOf(metadata, fileName), metadata, first.types(), weights, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Reads a model that is in memory already.
   *
   * @param origin what to call it in messages
   * @param segment off-heap bytes of a whole GGUF file
   * @param arena owns the segment; closed with the model, and also when opening fails
   */
  public static GgufModel open(String origin, MemorySegment segment, Arena arena) {
    try {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      GgufHeader header = GgufHeader.read(origin, segment);
      Metadata metadata = new Metadata(origin, header.metadata());
      checkSplit(metadata, 0, 1);
      addTensors(origin, header, HostBuffer.wrap(segment, arena), tensors);
      WeightSource weights = new MappedWeights(origin, tensors);
      return new GgufModel(nameOf(metadata, origin), metadata, header.types(), weights, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static GgufHeader openPart(
      Path file, int part, int parts, Arena arena, Map<String, Tensor> tensors) {
    String origin = file.toString();
    MemorySegment segment = Mapping.readOnly(file, arena);
    GgufHeader header = GgufHeader.read(origin, segment);
    checkSplit(new Metadata(origin, header.metadata()), part, parts);
    addTensors(origin, header, HostBuffer.wrap(segment, arena), tensors);
    return header;
  }

  private static void addTensors(
      String origin, GgufHeader header, HostBuffer buffer, Map<String, Tensor> tensors) {
    for (GgufTensorInfo info : header.tensors()) {
      Tensor tensor = Tensor.of(info.dtype(), info.shape(), buffer, info.start());
      if (tensors.put(info.name(), tensor) != null) {
        throw new ModelFormatException(
            "%s: tensor %s at byte %d is also in an earlier part"
                .formatted(origin, Quote.of(info.name()), info.at()));
      }
    }
    for (GgufTensorInfo info : header.tensors()) {
      if (info.dtype() == DType.I2_S) {
        String scale = GgufScales.nameFor(info.name());
        if (tensors.put(scale, GgufScales.behind(origin, info, buffer)) != null) {
          throw new ModelFormatException(
              "%s: tensor %s at byte %d has a scale behind its digits and another one as tensor %s"
                  .formatted(origin, Quote.of(info.name()), info.at(), Quote.of(scale)));
        }
      }
    }
  }

  private static void checkSplit(Metadata metadata, int part, int parts) {
    int count = metadata.integer(SPLIT_COUNT, parts == 1 ? 1 : 0);
    if (parts == 1 && count > 1) {
      throw metadata.error(
          SPLIT_COUNT,
          "is %d, but the file is not named like a part (NAME-00001-of-%05d.gguf)"
              .formatted(count, count));
    }
    if (parts > 1 && count != parts) {
      throw metadata.error(
          SPLIT_COUNT, "is %d, but the name says %d parts".formatted(count, parts));
    }
    int number = metadata.integer(SPLIT_NUMBER, part);
    if (number != part) {
      throw metadata.error(
          SPLIT_NUMBER, "is %d, but the name says part %d".formatted(number, part + 1));
    }
  }

  private static void checkTensorCount(Metadata metadata, int found) {
    int expected = metadata.integer(SPLIT_TENSORS, found);
    if (expected != found) {
      throw metadata.error(
          SPLIT_TENSORS, "is %d, but the parts hold %d tensors".formatted(expected, found));
    }
  }

  private static String nameOf(Metadata metadata, String fileName) {
    String suffix = ".gguf";
    String fallback =
        fileName.endsWith(suffix)
            ? fileName.substring(0, fileName.length() - suffix.length())
            : fileName;
    return metadata.string("general.name").filter(own -> !own.isBlank()).orElse(fallback);
  }

  @Override
  public String origin() {
    return metadata.origin();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Naming naming() {
    return Naming.GGUF;
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  /**
   * Puts this model's metadata, every value of the type it has in the file, alignment included.
   * What describes the parts of a split file is left out.
   *
   * @param except keys that the caller puts itself
   */
  public void copyMetadata(GgufWriter writer, Set<String> except) {
    metadata
        .values()
        .forEach(
            (key, value) -> {
              if (key.equals(GgufHeader.ALIGNMENT_KEY)) {
                writer.alignment(((Number) value).intValue());
              } else if (!except.contains(key) && !SPLIT_KEYS.contains(key)) {
                writer.put(key, types.get(key), GgufArray.writable(value));
              }
            });
  }

  @Override
  public WeightSource weights() {
    return weights;
  }

  @Override
  public synchronized Tokenizer tokenizer() {
    if (tokenizer == null) {
      tokenizer = openTokenizer();
    }
    return tokenizer;
  }

  private Tokenizer openTokenizer() {
    if (!hasTokenizer()) {
      throw new ModelFormatException(origin() + ": the model has no tokenizer");
    }
    return Tokenizers.fromGguf(metadata);
  }

  @Override
  public boolean hasTokenizer() {
    return metadata.has("tokenizer.ggml.tokens");
  }

  @Override
  public Optional<String> chatTemplate() {
    return metadata.string("tokenizer.chat_template");
  }

  @Override
  public Set<Integer> endTokens() {
    Set<Integer> ids = new TreeSet<>();
    for (String key : END_KEYS) {
      metadata
          .number(key)
          .filter(id -> id >= 0 && id <= Integer.MAX_VALUE)
          .ifPresent(id -> ids.add(id.intValue()));
    }
    if (hasTokenizer()) {
      ids.addAll(tokenizer().endIds());
    }
    return ids;
  }

  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
