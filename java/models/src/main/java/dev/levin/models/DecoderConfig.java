package dev.levin.models;

import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import dev.levin.models.config.GgufConfigReader;
import dev.levin.models.config.HuggingFaceConfigReader;
import dev.levin.models.config.LayerConfig;
import dev.levin.models.config.Mixer;
import dev.levin.models.config.RopeSpec;
import dev.levin.models.weights.TensorNames;
import java.util.List;

/**
 * Everything that tells one decoder architecture from another, as data.
 *
 * @param architecture the name the file gives itself
 * @param contextLength longest sequence the model was made for, in tokens
 * @param defaultContextLength what a decoder is opened with when nobody asks; shorter than {@code
 *     contextLength} where a longer one changes the frequencies (LongRoPE)
 * @param normWeightBias added to norm weights; 1 for checkpoints that store w - 1
 * @param embeddingScale factor on embeddings
 * @param residualScale factor on what each block adds to the residual stream
 * @param logitScale factor on the logits
 * @param finalSoftCap soft cap of the logits, 0 for none
 */
public record DecoderConfig(
    String architecture,
    int vocabSize,
    int hiddenSize,
    int contextLength,
    int defaultContextLength,
    float normEps,
    float normWeightBias,
    float embeddingScale,
    float residualScale,
    float logitScale,
    float finalSoftCap,
    List<RopeSpec> ropes,
    List<LayerConfig> layers,
    TensorNames tensorNames) {

  /**
   * Reads a configuration.
   *
   * @throws ModelFormatException for an unknown architecture, a missing field or one out of range
   */
  public static DecoderConfig read(Metadata metadata, Naming naming, WeightSource weights) {
    try {
      return switch (naming) {
        case GGUF -> GgufConfigReader.read(metadata, weights);
        case HUGGING_FACE -> HuggingFaceConfigReader.read(metadata, weights);
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new ModelFormatException(metadata.origin() + ": " + e.getMessage(), e);
    }
  }

  public int numLayers() {
    return layers.size();
  }

  /** True when sequences carry state that cannot be cut back token by token. */
  public boolean hasRecurrentState() {
    return layers.stream().anyMatch(layer -> layer.mixer() instanceof Mixer.StateSpace);
  }

  public boolean hasKvCache() {
    return layers.stream().anyMatch(layer -> !(layer.mixer() instanceof Mixer.StateSpace));
  }

  /** Bytes of keys and values one token takes over all layers. */
  public long kvBytesPerToken(DType kvDtype) {
    long bytes = 0;
    for (LayerConfig layer : layers) {
      bytes +=
          switch (layer.mixer()) {
            case Mixer.SelfAttention a ->
                a.numKvHeads() * (kvDtype.rowBytes(a.headDim()) + kvDtype.rowBytes(a.valueDim()));
            case Mixer.LatentAttention a -> kvDtype.rowBytes(a.kvLoraRank() + a.ropeDim());
            case Mixer.StateSpace s -> 0;
          };
    }
    return bytes;
  }

  /** Bytes of recurrent state one sequence takes over all layers. */
  public long stateBytesPerSequence() {
    long bytes = 0;
    for (LayerConfig layer : layers) {
      if (layer.mixer() instanceof Mixer.StateSpace s) {
        long conv = (long) s.convChannels() * (s.convWidth() - 1);
        bytes += Float.BYTES * (conv + (long) s.innerSize() * s.stateSize());
      }
    }
    return bytes;
  }
}
