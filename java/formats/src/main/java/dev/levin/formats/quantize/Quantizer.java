package dev.levin.formats.quantize;

import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.quant.Codecs;
import dev.levin.formats.ModelSource;
import dev.levin.formats.gguf.GgufModel;
import dev.levin.formats.gguf.GgufWriter;
import dev.levin.formats.io.Quote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes a GGUF model with its weight matrices in other encodings. Metadata and tokenizer are
 * copied, norms, biases and routers stay as they are. Streams: memory is a few megabytes for each
 * thread, whatever the size of the model.
 */
public final class Quantizer {
  /** Told while a file is written, on the thread that called {@link #write}. */
  @FunctionalInterface
  public interface Progress {
    /**
     * @param tensor the tensor at hand
     * @param doneBytes of all tensors as they are written
     * @param totalBytes what {@code doneBytes} ends with
     */
    void at(TensorPlan tensor, long doneBytes, long totalBytes);
  }

  private static final String FILE_TYPE = "general.file_type";
  private static final String VERSION = "general.quantization_version";

  /** Of the block layouts; 2 since scales are F16. */
  private static final int LAYOUT_VERSION = 2;

  private final GgufModel model;
  private final Recipe recipe;
  private final Map<Pattern, DType> overrides = new LinkedHashMap<>();
  private Map<String, float[]> importance = Map.of();
  private int threads = Runtime.getRuntime().availableProcessors();
  private boolean fromQuantised;
  private Progress progress = (tensor, done, total) -> {};

  /**
   * @param source a model that stays open until {@link #write} returns
   * @throws IllegalArgumentException when it was not read from GGUF
   */
  public Quantizer(ModelSource source, Recipe recipe) {
    if (!(source instanceof GgufModel gguf)) {
      throw new IllegalArgumentException(
          source.origin() + ": only GGUF models can be quantised; convert this one to GGUF first");
    }
    this.model = gguf;
    this.recipe = recipe;
  }

  /**
   * How much the columns of matrices matter: for each the mean square of what it is multiplied by.
   * Tensors without an entry are encoded as if all columns mattered alike.
   *
   * @param byTensor by tensor name, one value per column; for stacked experts one per expert and
   *     column, or one per column for all of them
   */
  public Quantizer importance(Map<String, float[]> byTensor) {
    importance = Map.copyOf(byTensor);
    return this;
  }

  /**
   * Gives matrices whose name a pattern is found in this type instead of the recipe's. Of several
   * patterns the one added first counts.
   */
  public Quantizer override(Pattern name, DType dtype) {
    Recipe.uniform(dtype);
    overrides.put(name, dtype);
    return this;
  }

  /** All processors when not called. */
  public Quantizer threads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " threads cannot quantise; use at least 1");
    }
    threads = count;
    return this;
  }

  /** Allows sources that are quantised themselves, whose errors add to the new ones. */
  public Quantizer fromQuantised(boolean allowed) {
    fromQuantised = allowed;
    return this;
  }

  public Quantizer progress(Progress listener) {
    progress = listener;
    return this;
  }

  /** What {@link #write} is going to do with each tensor, in file order. */
  public List<TensorPlan> plan() {
    boolean tied = model.weights().find(TensorRole.OUTPUT_NAME).isEmpty();
    ModelTraits traits = ModelTraits.of(model.metadata(), tied, !importance.isEmpty());
    return new Planner(model.weights(), recipe, traits, overrides).plan();
  }

  /**
   * Writes the file; an older one is replaced only when the new one is complete.
   *
   * @throws ModelFormatException for weights that are not finite, and for those that are quantised
   *     already unless allowed
   * @throws IllegalArgumentException for importance that does not fit the model, and when {@code
   *     target} is the file the model is read from
   */
  public void write(Path target) throws IOException {
    List<TensorPlan> plans = plan();
    check(plans, target);
    GgufWriter writer = new GgufWriter();
    model.copyMetadata(writer, Set.of(FILE_TYPE, VERSION));
    writer.putUint32(FILE_TYPE, recipe.fileType());
    writer.putUint32(VERSION, LAYOUT_VERSION);
    long total = 0;
    for (TensorPlan plan : plans) {
      total += plan.bytesAfter();
    }
    try (Workers workers = new Workers(threads)) {
      long before = 0;
      for (TensorPlan plan : plans) {
        writer.tensor(plan.name(), plan.to(), plan.shape(), data(plan, workers, before, total));
        before += plan.bytesAfter();
      }
      writer.write(target);
    }
  }

  private GgufWriter.TensorData data(TensorPlan plan, Workers workers, long before, long total) {
    Tensor tensor = model.weights().get(plan.name());
    GgufWriter.TensorData data =
        plan.isCopied()
            ? TensorEncoder.copy(tensor)
            : new TensorEncoder(model.origin(), plan, tensor, importance.get(plan.name()), workers);
    return (offset, chunk) -> {
      data.fill(offset, chunk);
      progress.at(plan, before + offset + chunk.byteSize(), total);
    };
  }

  private void check(List<TensorPlan> plans, Path target) throws IOException {
    Path source = Path.of(model.origin());
    if (Files.exists(target) && Files.exists(source) && Files.isSameFile(source, target)) {
      throw new IllegalArgumentException(
          target + ": the model cannot be written over itself; choose another file");
    }
    for (TensorPlan plan : plans) {
      if (!plan.isCopied() && plan.from().isBlock() && !fromQuantised) {
        throw new ModelFormatException(
            "%s: tensor %s is %s already and would lose more as %s; start from a BF16, F16 or F32 file, or allow it"
                .formatted(model.origin(), Quote.of(plan.name()), plan.from(), plan.to()));
      }
      if (!plan.isCopied() && !Codecs.of(plan.to()).canEncode()) {
        throw new IllegalArgumentException(
            "tensor %s would become %s, which cannot be encoded"
                .formatted(Quote.of(plan.name()), plan.to()));
      }
    }
    importance.forEach(this::checkImportance);
  }

  private void checkImportance(String name, float[] values) {
    Tensor tensor =
        model
            .weights()
            .find(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s: importance is for tensor %s, which the model does not have"
                            .formatted(model.origin(), Quote.of(name))));
    long columns = tensor.shape().last();
    long experts = tensor.rank() == 3 ? tensor.dim(0) : 1;
    if (values.length != columns && values.length != columns * experts) {
      throw new IllegalArgumentException(
          "%s: tensor %s of shape %s has %d columns, importance is given for %d"
              .formatted(model.origin(), Quote.of(name), tensor.shape(), columns, values.length));
    }
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "%s: importance %d of tensor %s is %s, not a finite number from 0 on"
                .formatted(model.origin(), i, Quote.of(name), values[i]));
      }
    }
  }
}
