package dev.levin.models.weights;

import dev.levin.core.Buffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.model.WeightSource;
import dev.levin.models.DecoderConfig;
import dev.levin.models.config.Feedforward;
import dev.levin.models.config.LayerConfig;
import dev.levin.models.weights.LayerWeights.DenseWeights;
import dev.levin.models.weights.LayerWeights.FeedforwardWeights;
import dev.levin.models.weights.LayerWeights.NoWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All weights of a decoder on a backend. Mapped tensors stay where they are where the backend can
 * read them; {@link #close()} frees what was copied or rearranged.
 */
public final class DecoderWeights implements AutoCloseable {
  private final List<Buffer> owned = new ArrayList<>();
  private final Tensor tokenEmbedding;
  private final Tensor outputNorm;
  private final Projection output;
  private final List<LayerWeights> layers = new ArrayList<>();

  /**
   * Finds, checks and imports every tensor the configuration asks for.
   *
   * @throws ModelFormatException for a missing tensor or one of another shape
   */
  public DecoderWeights(DecoderConfig config, WeightSource source, Backend backend) {
    boolean complete = false;
    try {
      WeightLoader loader = new WeightLoader(source, config.tensorNames(), backend, owned);
      int hidden = config.hiddenSize();
      Projection embedding = loader.projection(Part.TOKEN_EMBEDDING, 0, config.vocabSize(), hidden);
      tokenEmbedding = embedding.weight();
      outputNorm = loader.vector(Part.OUTPUT_NORM, 0, hidden);
      boolean tied = loader.finder().find(Part.OUTPUT, 0, ".weight").isEmpty();
      output = tied ? embedding : loader.projection(Part.OUTPUT, 0, config.vocabSize(), hidden);
      for (int i = 0; i < config.numLayers(); i++) {
        layers.add(layer(loader, config.layers().get(i), hidden, i));
      }
      complete = true;
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  private static LayerWeights layer(WeightLoader loader, LayerConfig config, int hidden, int i) {
    boolean hasFeedforward = !(config.feedforward() instanceof Feedforward.None);
    boolean pre = config.preNorm();
    boolean post = config.postNorm();
    return new LayerWeights(
        pre ? loader.vector(Part.ATTENTION_NORM, i, hidden) : null,
        post ? loader.vector(Part.POST_ATTENTION_NORM, i, hidden) : null,
        new MixerLoader(loader, hidden, i).load(config.mixer()),
        pre && hasFeedforward ? loader.vector(Part.FFN_NORM, i, hidden) : null,
        post && hasFeedforward ? loader.vector(Part.POST_FFN_NORM, i, hidden) : null,
        feedforward(loader, config.feedforward(), hidden, i));
  }

  private static FeedforwardWeights feedforward(
      WeightLoader loader, Feedforward feedforward, int hidden, int i) {
    return switch (feedforward) {
      case Feedforward.None none -> new NoWeights();
      case Feedforward.Dense dense -> dense(loader, dense, hidden, i);
      case Feedforward.Experts experts -> new ExpertLoader(loader, experts, hidden, i).load();
    };
  }

  private static DenseWeights dense(
      WeightLoader loader, Feedforward.Dense dense, int hidden, int i) {
    int width = dense.intermediateSize();
    Optional<TensorFinder.Found> gate = loader.finder().find(Part.GATE, i, ".weight");
    boolean fused = gate.isEmpty() && loader.finder().find(Part.GATE_UP, i, ".weight").isPresent();
    return new DenseWeights(
        fused
            ? loader.rows(Part.GATE_UP, i, 2 * width, hidden, 0, width)
            : loader.projection(Part.GATE, i, width, hidden),
        fused
            ? loader.rows(Part.GATE_UP, i, 2 * width, hidden, width, width)
            : loader.projection(Part.UP, i, width, hidden),
        dense.subNorm() ? loader.vector(Part.FFN_SUB_NORM, i, width) : null,
        loader.projection(Part.DOWN, i, hidden, width));
  }

  /** [V, C]. */
  public Tensor tokenEmbedding() {
    return tokenEmbedding;
  }

  /** [C]. */
  public Tensor outputNorm() {
    return outputNorm;
  }

  /** [V, C]; the embedding itself in tied models. */
  public Projection output() {
    return output;
  }

  public LayerWeights layer(int i) {
    return layers.get(i);
  }

  @Override
  public void close() {
    owned.forEach(Buffer::close);
    owned.clear();
  }
}
