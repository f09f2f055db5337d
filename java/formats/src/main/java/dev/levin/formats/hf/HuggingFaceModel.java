package dev.levin.formats.hf;

import dev.levin.core.ModelFormatException;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import dev.levin.formats.ModelSource;
import dev.levin.formats.io.JsonFile;
import dev.levin.formats.io.MappedWeights;
import dev.levin.formats.safetensors.SafetensorsFile;
import dev.levin.formats.safetensors.SafetensorsFolder;
import dev.levin.formats.tokenizer.Tokenizer;
import dev.levin.formats.tokenizer.Tokenizers;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A model folder as transformers writes it: config.json, safetensors, tokenizer and chat template.
 * Tensors are views of the mapped files.
 */
public final class HuggingFaceModel implements ModelSource {
  /** The file that makes a folder a model. */
  public static final String CONFIG = "config.json";

  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final String END_KEY = "eos_token_id";

  private final Path folder;
  private final String origin;
  private final Metadata metadata;
  private final Set<Integer> configuredEnds;
  private final Optional<String> chatTemplate;
  private final WeightSource weights;
  private final Arena arena;
  private Tokenizer tokenizer;

  private HuggingFaceModel(Path folder, Optional<Path> onlyFile, Arena arena) {
    this.folder = folder;
    this.origin = onlyFile.orElse(folder).toString();
    this.arena = arena;
    this.metadata = config(folder.resolve(CONFIG));
    this.configuredEnds = ends(folder, metadata);
    this.chatTemplate = ChatTemplateFiles.find(folder);
    this.weights =
        new MappedWeights(
            origin,
            onlyFile.isPresent()
                ? SafetensorsFile.open(onlyFile.get(), arena)
                : SafetensorsFolder.open(folder, arena));
  }

  /**
   * Opens a folder.
   *
   * @throws ModelFormatException when a file of it is missing or damaged
   */
  public static HuggingFaceModel openFolder(Path folder) {
    return open(folder, Optional.empty());
  }

  /** Opens one safetensors file; the other files are read from the folder it lies in. */
  public static HuggingFaceModel openFile(Path safetensors) {
    return open(safetensors.toAbsolutePath().getParent(), Optional.of(safetensors));
  }

  private static HuggingFaceModel open(Path folder, Optional<Path> onlyFile) {
    Arena arena = Arena.ofShared();
    try {
      return new HuggingFaceModel(folder, onlyFile, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static Metadata config(Path file) {
    return new Metadata(file.toString(), Collections.unmodifiableMap(JsonFile.readObject(file)));
  }

  /** As in transformers, generation_config.json wins over config.json. */
  private static Set<Integer> ends(Path folder, Metadata config) {
    Path file = folder.resolve(GENERATION_CONFIG);
    if (Files.exists(file)) {
      Metadata generation = config(file);
      if (generation.has(END_KEY)) {
        return ends(generation);
      }
    }
    return ends(config);
  }

  private static Set<Integer> ends(Metadata metadata) {
    Set<Integer> ids = new TreeSet<>();
    switch (metadata.values().get(END_KEY)) {
      case null -> {}
      case Integer id -> ids.add(id);
      case Iterable<?> list -> {
        for (Object id : list) {
          if (!(id instanceof Integer)) {
            throw notAnId(metadata);
          }
          ids.add((Integer) id);
        }
      }
      default -> throw notAnId(metadata);
    }
    return ids;
  }

  private static ModelFormatException notAnId(Metadata metadata) {
    return metadata.error(END_KEY, "is neither a token id nor a list of token ids");
  }

  @Override
  public String origin() {
    return origin;
  }

  /** The name of the folder: config.json carries none that can be relied on. */
  @Override
  public String name() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? origin : name.toString();
  }

  @Override
  public Naming naming() {
    return Naming.HUGGING_FACE;
  }

  @Override
  public Metadata metadata() {
    return metadata;
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
      throw new ModelFormatException(origin + ": the folder has no " + TOKENIZER);
    }
    return Tokenizers.fromHuggingFace(folder);
  }

  @Override
  public boolean hasTokenizer() {
    return Files.isRegularFile(folder.resolve(TOKENIZER));
  }

  @Override
  public Optional<String> chatTemplate() {
    return chatTemplate;
  }

  @Override
  public Set<Integer> endTokens() {
    Set<Integer> ids = new TreeSet<>(configuredEnds);
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
