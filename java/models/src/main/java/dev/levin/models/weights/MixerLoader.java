package dev.levin.models.weights;

import dev.levin.core.Tensor;
import dev.levin.models.config.Mixer;
import dev.levin.models.weights.LayerWeights.LatentAttentionWeights;
import dev.levin.models.weights.LayerWeights.MixerWeights;
import dev.levin.models.weights.LayerWeights.SelfAttentionWeights;
import dev.levin.models.weights.LayerWeights.StateSpaceWeights;
import dev.levin.models.weights.TensorFinder.Found;

/** Loads the weights of one layer's mixer. */
final class MixerLoader {
  private final WeightLoader loader;
  private final TensorFinder finder;
  private final int hiddenSize;
  private final int layer;

  MixerLoader(WeightLoader loader, int hiddenSize, int layer) {
    this.loader = loader;
    this.finder = loader.finder();
    this.hiddenSize = hiddenSize;
    this.layer = layer;
  }

  MixerWeights load(Mixer mixer) {
    return switch (mixer) {
      case Mixer.SelfAttention attention -> selfAttention(attention);
      case Mixer.LatentAttention latent -> latentAttention(latent);
      case Mixer.StateSpace stateSpace -> stateSpace(stateSpace);
    };
  }

  private SelfAttentionWeights selfAttention(Mixer.SelfAttention a) {
    int q = Math.multiplyExact(a.numHeads(), a.headDim());
    int k = Math.multiplyExact(a.numKvHeads(), a.headDim());
    int v = Math.multiplyExact(a.numKvHeads(), a.valueDim());
    int out = Math.multiplyExact(a.numHeads(), a.valueDim());
    boolean fused = finder.find(Part.QUERY_KEY_VALUE, layer, ".weight").isPresent();
    return new SelfAttentionWeights(
        fused ? qkv(q + k + v, 0, q) : loader.projection(Part.QUERY, layer, q, hiddenSize),
        fused ? qkv(q + k + v, q, k) : loader.projection(Part.KEY, layer, k, hiddenSize),
        fused ? qkv(q + k + v, q + k, v) : loader.projection(Part.VALUE, layer, v, hiddenSize),
        qkNorm(a, Part.QUERY_NORM, a.headDim(), q),
        qkNorm(a, Part.KEY_NORM, a.headDim(), k),
        a.sinks() ? loader.vector(Part.SINKS, layer, a.numHeads()) : null,
        a.subNorm() ? loader.vector(Part.ATTENTION_SUB_NORM, layer, out) : null,
        loader.projection(Part.ATTENTION_OUTPUT, layer, hiddenSize, out));
  }

  private Projection qkv(int total, int from, int n) {
    return loader.rows(Part.QUERY_KEY_VALUE, layer, total, hiddenSize, from, n);
  }

  private Tensor qkNorm(Mixer.SelfAttention a, Part part, int headDim, int width) {
    return switch (a.qkNorm()) {
      case NONE -> null;
      case HEAD -> loader.vector(part, layer, headDim);
      case FULL -> loader.vector(part, layer, width);
    };
  }

  private LatentAttentionWeights latentAttention(Mixer.LatentAttention a) {
    int heads = a.numHeads();
    int keyDim = a.nopeDim() + a.ropeDim();
    boolean lowRank = a.qLoraRank() > 0;
    int queryIn = lowRank ? a.qLoraRank() : hiddenSize;
    Part queryPart = lowRank ? Part.QUERY_B : Part.QUERY;
    Found query =
        finder.require(queryPart, layer, Math.multiplyExact((long) heads, keyDim), (long) queryIn);
    Tensor perHead = query.tensor().reshape(heads, keyDim, queryIn);
    int latentIn = a.kvLoraRank() + a.ropeDim();
    Tensor[] up = keyValueUp(a);
    return new LatentAttentionWeights(
        lowRank ? loader.projection(Part.QUERY_A, layer, a.qLoraRank(), hiddenSize) : null,
        lowRank ? loader.vector(Part.QUERY_A_NORM, layer, a.qLoraRank()) : null,
        loader.adopt(perHead.slice(1, 0, a.nopeDim())),
        loader.adopt(perHead.slice(1, a.nopeDim(), keyDim)),
        loader.projection(Part.KEY_VALUE_A, layer, latentIn, hiddenSize),
        loader.vector(Part.KEY_VALUE_A_NORM, layer, a.kvLoraRank()),
        loader.adopt(up[0]),
        loader.adopt(up[1]),
        loader.projection(
            Part.ATTENTION_OUTPUT, layer, hiddenSize, Math.multiplyExact(heads, a.valueDim())));
  }

  /** Key and value up-projections per head: split already in newer GGUF files, joined elsewhere. */
  private Tensor[] keyValueUp(Mixer.LatentAttention a) {
    int heads = a.numHeads();
    int rank = a.kvLoraRank();
    if (finder.find(Part.KEY_B, layer, ".weight").isPresent()) {
      return new Tensor[] {
        finder.require(Part.KEY_B, layer, (long) heads, (long) rank, (long) a.nopeDim()).tensor(),
        finder.require(Part.VALUE_B, layer, (long) heads, (long) a.valueDim(), (long) rank).tensor()
      };
    }
    int joined = a.nopeDim() + a.valueDim();
    Found both =
        finder.require(
            Part.KEY_VALUE_B, layer, Math.multiplyExact((long) heads, joined), (long) rank);
    Tensor perHead = both.tensor().reshape(heads, joined, rank);
    Tensor wide = Repack.toF32(both.tensor());
    try {
      Tensor keys = wide.reshape(heads, joined, rank).slice(1, 0, a.nopeDim());
      Tensor folded = loader.own(Repack.transpose(keys));
      return new Tensor[] {folded, perHead.slice(1, a.nopeDim(), joined)};
    } finally {
      wide.buffer().close();
    }
  }

  private StateSpaceWeights stateSpace(Mixer.StateSpace s) {
    int inner = s.innerSize();
    int channels = s.convChannels();
    int projected = Math.addExact(inner + channels, s.numHeads());
    Found conv = finder.require(Part.SSM_CONV, layer, TensorFinder.WEIGHT);
    Tensor norm = loader.vector(Part.SSM_NORM, layer, inner);
    return new StateSpaceWeights(
        loader.projection(Part.SSM_IN, layer, projected, hiddenSize),
        loader.matrix(conv, channels, s.convWidth()),
        loader.bias(Part.SSM_CONV, layer, channels),
        loader.vector(finder.require(Part.SSM_DT, layer, TensorFinder.BIAS), s.numHeads()),
        decay(s),
        loader.vector(finder.require(Part.SSM_SKIP, layer, TensorFinder.WEIGHT), s.numHeads()),
        s.normGroups() == 1 ? norm : norm.reshape(s.normGroups(), inner / s.normGroups()),
        loader.projection(Part.SSM_OUT, layer, hiddenSize, inner));
  }

  /** The negative decay: stored as such in GGUF, as the logarithm of its size elsewhere. */
  private Tensor decay(Mixer.StateSpace s) {
    return finder
        .find(Part.SSM_A, layer, "_log")
        .map(
            found -> {
              float[] logs = HostVectors.floats(found.tensor(), s.numHeads());
              return loader.adopt(loader.own(Repack.negativeExp(logs)));
            })
        .orElseGet(
            () ->
                loader.vector(
                    finder.require(Part.SSM_A, layer, TensorFinder.WEIGHT), s.numHeads()));
  }
}
