package dev.levin.models;

import dev.levin.core.Buffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.Embed;
import dev.levin.core.op.Linear;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.SoftCap;
import dev.levin.models.blocks.FeedforwardBlock;
import dev.levin.models.blocks.LatentAttentionBlock;
import dev.levin.models.blocks.OpList;
import dev.levin.models.blocks.Scratch;
import dev.levin.models.blocks.SelfAttentionBlock;
import dev.levin.models.blocks.StateSpaceBlock;
import dev.levin.models.blocks.StepInputs;
import dev.levin.models.config.Feedforward;
import dev.levin.models.config.LayerConfig;
import dev.levin.models.config.Mixer;
import dev.levin.models.config.RopeSpec;
import dev.levin.models.weights.DecoderWeights;
import dev.levin.models.weights.LayerWeights;
import dev.levin.models.weights.LayerWeights.DenseWeights;
import dev.levin.models.weights.LayerWeights.ExpertWeights;
import dev.levin.models.weights.LayerWeights.LatentAttentionWeights;
import dev.levin.models.weights.LayerWeights.SelfAttentionWeights;
import dev.levin.models.weights.LayerWeights.StateSpaceWeights;
import java.util.ArrayList;
import java.util.List;

/** Writes the forward pass down as ops: embed, layers, norm, logits of the rows asked for. */
final class StepBuilder {
  private final DecoderConfig config;
  private final DecoderOptions options;
  private final DecoderWeights weights;
  private final KvCache cache;
  private final List<Tensor> frequencies;
  private final BatchLengths lengths;

  StepBuilder(
      DecoderConfig config,
      DecoderOptions options,
      DecoderWeights weights,
      KvCache cache,
      List<Tensor> frequencies,
      BatchLengths lengths) {
    this.config = config;
    this.options = options;
    this.weights = weights;
    this.cache = cache;
    this.frequencies = frequencies;
    this.lengths = lengths;
  }

  /** Bytes of activations a step of this layout needs. */
  long scratchBytes(StepLayout layout, Buffer ints, boolean hiddenOnly) {
    Scratch scratch = Scratch.measuring(options.activations());
    build(layout, ints, scratch, hiddenOnly, null);
    return scratch.peakBytes();
  }

  Step build(
      StepLayout layout, Buffer ints, Buffer activations, boolean hiddenOnly, Backend backend) {
    return build(
        layout, ints, new Scratch(activations, options.activations()), hiddenOnly, backend);
  }

  private Step build(
      StepLayout layout, Buffer ints, Scratch scratch, boolean hiddenOnly, Backend backend) {
    RaggedBatch batch = batch(layout, ints);
    List<Tensor> cosSin = new ArrayList<>();
    List<RopeStyle> styles = new ArrayList<>();
    for (RopeSpec rope : config.ropes()) {
      cosSin.add(scratch.f32(layout.tokens(), rope.rotaryDim()));
      styles.add(rope.style());
    }
    OpList ops =
        new OpList(
            scratch,
            new StepInputs(
                batch,
                cosSin,
                styles,
                config.normEps(),
                config.normWeightBias(),
                config.residualScale()));
    for (int i = 0; i < cosSin.size(); i++) {
      float factor = config.ropes().get(i).attentionFactor();
      ops.add(new RopeTable(batch.positions(), frequencies.get(i), cosSin.get(i), factor));
    }
    Tensor residual = scratch.activation(layout.tokens(), config.hiddenSize());
    Tensor tokenIds = layout.vector(ints, 0, layout.tokens());
    ops.add(new Embed(weights.tokenEmbedding(), tokenIds, residual, config.embeddingScale()));
    for (int i = 0; i < config.numLayers(); i++) {
      long mark = scratch.mark();
      layer(ops, i, residual);
      scratch.release(mark);
    }
    Tensor hidden = null;
    Tensor logits = null;
    if (layout.rows() > 0) {
      hidden = hidden(ops, layout, ints, residual);
      logits = hiddenOnly ? null : logits(ops, hidden);
    }
    Tensor inputs = layout.vector(ints, 0, Math.toIntExact(layout.size()));
    return new Step(backend == null ? null : backend.prepare(ops.ops()), inputs, hidden, logits);
  }

  private RaggedBatch batch(StepLayout layout, Buffer ints) {
    return new RaggedBatch(
        layout.vector(ints, layout.positionsAt(), layout.tokens()),
        layout.vector(ints, layout.cuSeqlensAt(), layout.seqs() + 1),
        layout.vector(ints, layout.kvLensAt(), layout.seqs()),
        layout.pageTable(ints),
        layout.vector(ints, layout.slotMappingAt(), layout.tokens()),
        layout.vector(ints, layout.stateSlotsAt(), layout.seqs()),
        options.pageSize(),
        lengths);
  }

  private void layer(OpList ops, int i, Tensor residual) {
    LayerConfig layer = config.layers().get(i);
    LayerWeights layerWeights = weights.layer(i);
    Tensor x = ops.normed(residual, layerWeights.mixerNorm());
    Tensor postNorm = layerWeights.postMixerNorm();
    switch (layer.mixer()) {
      case Mixer.SelfAttention a ->
          SelfAttentionBlock.append(
              ops,
              a,
              (SelfAttentionWeights) layerWeights.mixer(),
              cache.pages(i),
              x,
              residual,
              postNorm);
      case Mixer.LatentAttention a ->
          LatentAttentionBlock.append(
              ops,
              a,
              (LatentAttentionWeights) layerWeights.mixer(),
              cache.pages(i),
              x,
              residual,
              postNorm);
      case Mixer.StateSpace s ->
          StateSpaceBlock.append(
              ops,
              s,
              (StateSpaceWeights) layerWeights.mixer(),
              cache.state(i),
              x,
              residual,
              postNorm);
    }
    if (layer.feedforward() instanceof Feedforward.None) {
      return;
    }
    Tensor y = ops.normed(residual, layerWeights.feedforwardNorm());
    switch (layer.feedforward()) {
      case Feedforward.None none -> {}
      case Feedforward.Dense dense ->
          FeedforwardBlock.appendDense(
              ops,
              dense.activation(),
              (DenseWeights) layerWeights.feedforward(),
              y,
              residual,
              layerWeights.postFeedforwardNorm());
      case Feedforward.Experts experts ->
          FeedforwardBlock.appendExperts(
              ops, experts, (ExpertWeights) layerWeights.feedforward(), y, residual);
    }
  }

  /** States of the rows asked for, in F32 like the logits that come of them. */
  private Tensor hidden(OpList ops, StepLayout layout, Buffer ints, Tensor residual) {
    Tensor hidden = ops.scratch().f32(layout.rows(), config.hiddenSize());
    Tensor rows = layout.vector(ints, layout.rowsAt(), layout.rows());
    ops.add(new Embed(residual, rows, hidden, 1));
    ops.norm(hidden, weights.outputNorm(), hidden);
    return hidden;
  }

  private Tensor logits(OpList ops, Tensor hidden) {
    Tensor logits = ops.scratch().f32(hidden.dim(0), config.vocabSize());
    ops.add(
        new Linear(
            hidden,
            weights.output().weight(),
            weights.output().bias(),
            null,
            logits,
            weights.output().scale() * config.logitScale()));
    if (config.finalSoftCap() > 0) {
      ops.add(new SoftCap(logits, logits, config.finalSoftCap()));
    }
    return logits;
  }
}
