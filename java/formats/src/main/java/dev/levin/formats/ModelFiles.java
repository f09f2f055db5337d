package dev.levin.formats;

import dev.levin.core.ModelFormatException;
import dev.levin.formats.gguf.GgufModel;
import dev.levin.formats.gguf.GgufSplit;
import dev.levin.formats.hf.HuggingFaceModel;
import dev.levin.formats.io.Mapping;
import dev.levin.formats.io.Quote;
import dev.levin.formats.safetensors.SafetensorsFolder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Opens models, whatever files they come in. */
public final class ModelFiles {
  private static final byte[] GGUF_MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
  private static final String EXPECTED =
      "expected a GGUF file, a safetensors file beside its config.json, or a folder with either";

  private ModelFiles() {}

  /**
   * Opens a GGUF file (told by its content, not its name; any part of a split one), a safetensors
   * file that lies beside its config.json, or a folder that holds a Hugging Face model or one GGUF
   * model. Weights are mapped, not read.
   *
   * @throws ModelFormatException in one line, when there is nothing there that can be opened
   */
  public static ModelSource open(Path path) {
    if (Files.isDirectory(path)) {
      return openFolder(path);
    }
    if (!Files.exists(path)) {
      throw new ModelFormatException(path + ": no such file or folder; " + EXPECTED);
    }
    if (!Files.isRegularFile(path)) {
      throw new ModelFormatException(path + ": neither a file nor a folder; " + EXPECTED);
    }
    byte[] start = firstBytes(path);
    if (start.length == 0) {
      throw new ModelFormatException(path + ": the file is empty; " + EXPECTED);
    }
    if (Arrays.equals(start, 0, Math.min(4, start.length), GGUF_MAGIC, 0, GGUF_MAGIC.length)) {
      return GgufModel.open(path);
    }
    if (isSafetensors(path, start)) {
      return openSafetensors(path);
    }
    String magic = new String(start, 0, Math.min(4, start.length), StandardCharsets.ISO_8859_1);
    throw new ModelFormatException(
        "%s: magic at byte 0 is %s; %s".formatted(path, Quote.of(magic), EXPECTED));
  }

  /**
   * Reads a GGUF model that is in memory.
   *
   * @param name what to call it in messages
   * @param segment off-heap bytes of the whole file
   * @param arena what the segment lives in, a shared one; closed by {@link ModelSource#close()},
   *     and also when opening fails
   */
  public static ModelSource openGguf(String name, MemorySegment segment, Arena arena) {
    return GgufModel.open(name, segment, arena);
  }

  private static byte[] firstBytes(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(Long.BYTES + 1);
    } catch (IOException e) {
      throw Mapping.unreadable(path, e);
    }
  }

  /** Without a magic number: told by the name, or by the brace that opens the header. */
  private static boolean isSafetensors(Path path, byte[] start) {
    return path.getFileName().toString().endsWith(".safetensors")
        || (start.length > Long.BYTES && start[Long.BYTES] == '{' && start[Long.BYTES - 1] == 0);
  }

  private static ModelSource openSafetensors(Path file) {
    Path config = file.resolveSibling(HuggingFaceModel.CONFIG);
    if (!Files.exists(config)) {
      throw new ModelFormatException(
          "%s: no %s beside the file; %s".formatted(file, HuggingFaceModel.CONFIG, EXPECTED));
    }
    boolean shard =
        !Files.exists(file.resolveSibling(SafetensorsFolder.SINGLE))
            && Files.exists(file.resolveSibling(SafetensorsFolder.INDEX));
    if (shard) {
      return HuggingFaceModel.openFolder(file.toAbsolutePath().getParent());
    }
    return HuggingFaceModel.openFile(file);
  }

  private static ModelSource openFolder(Path folder) {
    boolean hasConfig = Files.exists(folder.resolve(HuggingFaceModel.CONFIG));
    boolean hasSafetensors = SafetensorsFolder.hasWeights(folder);
    if (hasConfig && hasSafetensors) {
      return HuggingFaceModel.openFolder(folder);
    }
    List<Path> models = ggufModels(folder);
    if (models.size() == 1) {
      return GgufModel.open(models.getFirst());
    }
    if (models.size() > 1) {
      List<String> names = models.stream().map(model -> model.getFileName().toString()).toList();
      throw new ModelFormatException(
          "%s: the folder holds several GGUF models; name one of %s"
              .formatted(folder, Quote.line(String.join(", ", names), 400)));
    }
    String found =
        hasConfig
            ? "the folder has a config.json but no safetensors"
            : hasSafetensors
                ? "the folder has safetensors but no config.json"
                : "the folder holds no model";
    throw new ModelFormatException("%s: %s; %s".formatted(folder, found, EXPECTED));
  }

  /** GGUF files of a folder, of split models only the first part. */
  private static List<Path> ggufModels(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(ModelFiles::startsGgufModel).sorted().toList();
    } catch (IOException e) {
      throw Mapping.unreadable(folder, e);
    }
  }

  private static boolean startsGgufModel(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".gguf")
        && Files.isRegularFile(file)
        && GgufSplit.ofName(name).map(split -> split.part() == 1).orElse(true);
  }
}
