package dev.levin.models.weights;

import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.models.config.Feedforward;
import dev.levin.models.weights.LayerWeights.DenseWeights;
import dev.levin.models.weights.LayerWeights.ExpertWeights;
import dev.levin.models.weights.TensorFinder.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Experts in the four ways files keep them: stacked, apart, fused and transposed, or packed. */
final class ExpertLoader {
  private static final String[] RAW = {""};
  private static final String[] BLOCKS = {"_blocks"};
  private static final String[] SCALES = {"_scales"};

  private final WeightLoader loader;
  private final TensorFinder finder;
  private final Feedforward.Experts config;
  private final int hiddenSize;
  private final int layer;

  ExpertLoader(WeightLoader loader, Feedforward.Experts config, int hiddenSize, int layer) {
    this.loader = loader;
    this.finder = loader.finder();
    this.config = config;
    this.hiddenSize = hiddenSize;
    this.layer = layer;
  }

  ExpertWeights load() {
    Projection router = loader.projection(Part.ROUTER, layer, config.numExperts(), hiddenSize);
    Tensor correction =
        loader.optionalVector(
            Part.ROUTER_CORRECTION, layer, config.numExperts(), TensorFinder.BIAS);
    DenseWeights shared = config.sharedIntermediateSize() > 0 ? shared() : null;
    int width = config.intermediateSize();
    if (finder.find(Part.EXPERT_GATE_UP, layer, "", "_blocks").isPresent()) {
      return fused(router, correction, shared);
    }
    return new ExpertWeights(
        router,
        correction,
        stacked(Part.EXPERT_GATE, width, hiddenSize),
        stacked(Part.EXPERT_UP, width, hiddenSize),
        stacked(Part.EXPERT_DOWN, hiddenSize, width),
        shared);
  }

  private DenseWeights shared() {
    int width = config.sharedIntermediateSize();
    return new DenseWeights(
        loader.projection(Part.SHARED_GATE, layer, width, hiddenSize),
        loader.projection(Part.SHARED_UP, layer, width, hiddenSize),
        null,
        loader.projection(Part.SHARED_DOWN, layer, hiddenSize, width));
  }

  private Projection stacked(Part part, int n, int k) {
    int experts = config.numExperts();
    Optional<Found> whole = finder.find(part, layer, ".weight");
    if (whole.isPresent()) {
      Tensor weight = loader.adopt(finder.shaped(whole.get(), experts, n, k));
      return new Projection(weight, bias(part, n), 1);
    }
    List<Tensor> apart = new ArrayList<>();
    for (int e = 0; e < experts; e++) {
      Found found =
          finder.expert(part, layer, e).orElseThrow(() -> finder.missing(part, layer, ".weight"));
      apart.add(finder.shaped(found, n, k).tensor());
    }
    Tensor first = apart.getFirst();
    if (apart.stream().anyMatch(tensor -> tensor.dtype() != first.dtype())) {
      throw new ModelFormatException("experts of layer " + layer + " differ in dtype");
    }
    Tensor stack = Repack.stack(apart);
    if (stack.buffer() != first.buffer()) {
      loader.own(stack);
    }
    return new Projection(loader.adopt(new Found(part.name(), stack)), null, 1);
  }

  private Tensor bias(Part part, int n) {
    return finder
        .find(part, layer, TensorFinder.BIAS)
        .map(found -> loader.matrix(found, config.numExperts(), n))
        .orElse(null);
  }

  /** gpt-oss: gate and up interleaved row by row, either transposed or in MXFP4. */
  private ExpertWeights fused(Projection router, Tensor correction, DenseWeights shared) {
    int experts = config.numExperts();
    int width = config.intermediateSize();
    Tensor gateUp = fusedWeight(Part.EXPERT_GATE_UP, 2 * width, hiddenSize);
    Tensor down = fusedWeight(Part.EXPERT_DOWN_TRANSPOSED, hiddenSize, width);
    Tensor biases =
        finder
            .find(Part.EXPERT_GATE_UP, layer, TensorFinder.BIAS)
            .map(
                found ->
                    loader.own(Repack.toF32(finder.shaped(found, experts, 2 * width).tensor())))
            .orElse(null);
    return new ExpertWeights(
        router,
        correction,
        new Projection(loader.adopt(Repack.everySecondRow(gateUp, 0)), half(biases, 0), 1),
        new Projection(loader.adopt(Repack.everySecondRow(gateUp, 1)), half(biases, 1), 1),
        new Projection(loader.adopt(down), bias(Part.EXPERT_DOWN_TRANSPOSED, hiddenSize), 1),
        shared);
  }

  private Tensor fusedWeight(Part part, int n, int k) {
    int experts = config.numExperts();
    Optional<Found> blocks = finder.find(part, layer, BLOCKS);
    if (blocks.isPresent()) {
      Found scales = finder.require(part, layer, SCALES);
      finder.shaped(blocks.get(), experts, n, k / 32, 16);
      finder.shaped(scales, experts, n, k / 32);
      return loader.own(Repack.mxfp4(blocks.get().tensor(), scales.tensor()));
    }
    Found found = finder.shaped(finder.require(part, layer, RAW), experts, k, n);
    Tensor wide = Repack.toF32(found.tensor());
    try {
      return loader.own(Repack.transpose(wide));
    } finally {
      wide.buffer().close();
    }
  }

  /** Every second bias of each expert, copied: a strided last dimension is no tensor. */
  private Tensor half(Tensor biases, int first) {
    if (biases == null) {
      return null;
    }
    long experts = biases.dim(0);
    long width = biases.dim(1) / 2;
    Tensor split = loader.own(Repack.transpose(biases.reshape(experts, width, 2)));
    Tensor chosen = split.slice(1, first, first + 1);
    return loader.adopt(
        Tensor.strided(
            DType.F32, Shape.of(experts, width), split.buffer(), chosen.offset(), split.stride(0)));
  }
}
