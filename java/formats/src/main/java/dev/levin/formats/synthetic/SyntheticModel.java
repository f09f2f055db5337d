package dev.levin.formats.synthetic;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.formats.gguf.GgufWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A model with the sizes of a real one and random weights, for measuring speed and memory where the
 * words do not matter. Written as GGUF; the same name and seed give the same bytes.
 */
public final class SyntheticModel {
  private static final DType DEFAULT_TYPE = DType.Q8_0;
  private static final long DEFAULT_SEED = 42;

  /** Llama 3's rotary scaling: wavelengths between the two cut-offs are interpolated. */
  private static final double ROPE_ORIGINAL_CONTEXT = 8192;

  private static final double ROPE_LOW_FREQUENCY = 1;
  private static final double ROPE_HIGH_FREQUENCY = 4;

  private final ModelShape shape;
  private final DType dtype;
  private final long seed;

  private SyntheticModel(ModelShape shape, DType dtype, long seed) {
    this.shape = shape;
    this.dtype = dtype;
    this.seed = seed;
  }

  /**
   * Reads {@code SHAPE} or {@code SHAPE:TYPE}, for example {@code llama-1b:Q4_K}; the type is Q8_0
   * when left out. Norms are always F32.
   *
   * @throws IllegalArgumentException naming the shapes or types there are
   */
  public static SyntheticModel parse(String text) {
    int colon = text.indexOf(':');
    ModelShape shape = ModelShape.of(colon < 0 ? text : text.substring(0, colon));
    DType dtype = colon < 0 ? DEFAULT_TYPE : weightType(text.substring(colon + 1));
    return new SyntheticModel(shape, dtype, DEFAULT_SEED);
  }

  private static DType weightType(String name) {
    StringBuilder supported = new StringBuilder();
    for (DType dtype : DType.values()) {
      if (RandomWeights.supports(dtype)) {
        if (dtype.name().equals(name.toUpperCase(Locale.ROOT))) {
          return dtype;
        }
        supported.append(' ').append(dtype);
      }
    }
    throw new IllegalArgumentException(
        "no synthetic weights of type '%s'; there are%s".formatted(name, supported));
  }

  /** For example {@code llama-1b:Q8_0}. */
  public String name() {
    return shape.name() + ":" + dtype;
  }

  /** Bytes of all tensors; the file adds its header to that. */
  public long tensorBytes() {
    return describe().tensorBytes();
  }

  /** Writes the model, replacing an older file. Takes seconds per gigabyte and little memory. */
  public void write(Path file) throws IOException {
    describe().write(file);
  }

  private GgufWriter describe() {
    GgufWriter writer = new GgufWriter();
    putMetadata(writer);
    new ByteVocabulary(shape.vocabSize()).addTo(writer, shape.preTokenizer());
    addTensors(writer);
    return writer;
  }

  private void putMetadata(GgufWriter writer) {
    String prefix = shape.architecture() + ".";
    writer
        .putString("general.architecture", shape.architecture())
        .putString("general.name", "synthetic " + name())
        .putUint32(prefix + "vocab_size", shape.vocabSize())
        .putUint32(prefix + "context_length", shape.contextLength())
        .putUint32(prefix + "embedding_length", shape.hiddenSize())
        .putUint32(prefix + "block_count", shape.layers())
        .putUint32(prefix + "feed_forward_length", shape.intermediateSize())
        .putUint32(prefix + "attention.head_count", shape.queryHeads())
        .putUint32(prefix + "attention.head_count_kv", shape.kvHeads())
        .putUint32(prefix + "attention.key_length", shape.headDim())
        .putUint32(prefix + "attention.value_length", shape.headDim())
        .putUint32(prefix + "rope.dimension_count", shape.headDim())
        .putFloat32(prefix + "rope.freq_base", shape.ropeTheta())
        .putFloat32(prefix + "attention.layer_norm_rms_epsilon", shape.normEpsilon());
  }

  private void addTensors(GgufWriter writer) {
    int hidden = shape.hiddenSize();
    int queries = shape.queryHeads() * shape.headDim();
    int keys = shape.kvHeads() * shape.headDim();
    weight(writer, "token_embd.weight", shape.vocabSize(), hidden);
    if (shape.ropeFactor() != 1) {
      writer.tensor("rope_freqs.weight", DType.F32, Shape.of(shape.headDim() / 2), ropeFactors());
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "blk." + layer + ".";
      norm(writer, block + "attn_norm.weight", hidden);
      weight(writer, block + "attn_q.weight", queries, hidden);
      weight(writer, block + "attn_k.weight", keys, hidden);
      weight(writer, block + "attn_v.weight", keys, hidden);
      if (shape.queryKeyNorm()) {
        norm(writer, block + "attn_q_norm.weight", shape.headDim());
        norm(writer, block + "attn_k_norm.weight", shape.headDim());
      }
      weight(writer, block + "attn_output.weight", hidden, queries);
      norm(writer, block + "ffn_norm.weight", hidden);
      weight(writer, block + "ffn_gate.weight", shape.intermediateSize(), hidden);
      weight(writer, block + "ffn_up.weight", shape.intermediateSize(), hidden);
      weight(writer, block + "ffn_down.weight", hidden, shape.intermediateSize());
    }
    norm(writer, "output_norm.weight", hidden);
    if (!shape.tied()) {
      weight(writer, "output.weight", shape.vocabSize(), hidden);
    }
  }

  /** A [rows, columns] matrix that keeps the size of what it is applied to. */
  private void weight(GgufWriter writer, String name, int rows, int columns) {
    double spread = 1 / Math.sqrt(columns);
    writer.tensor(
        name,
        dtype,
        Shape.of(rows, columns),
        new RandomWeights(dtype, spread, seed ^ (long) name.hashCode() << 32));
  }

  private static void norm(GgufWriter writer, String name, int size) {
    writer.tensor(name, DType.F32, Shape.of(size), Floats.of(size, i -> 1));
  }

  /** What each rotary frequency is divided by. */
  private Floats ropeFactors() {
    return Floats.of(
        shape.headDim() / 2,
        i -> {
          double frequency = Math.pow(shape.ropeTheta(), -2.0 * i / shape.headDim());
          double turns = ROPE_ORIGINAL_CONTEXT * frequency / (2 * Math.PI);
          double smooth = (turns - ROPE_LOW_FREQUENCY) / (ROPE_HIGH_FREQUENCY - ROPE_LOW_FREQUENCY);
          double clamped = Math.clamp(smooth, 0.0, 1.0);
          return 1 / ((1 - clamped) / shape.ropeFactor() + clamped);
        });
  }
}
