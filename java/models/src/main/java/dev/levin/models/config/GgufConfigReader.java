package dev.levin.models.config;

import dev.levin.core.Tensor;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.WeightSource;
import dev.levin.core.op.Activation;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.Scoring;
import dev.levin.models.DecoderConfig;
import dev.levin.models.weights.HostVectors;
import dev.levin.models.weights.TensorNames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** GGUF metadata to {@link DecoderConfig}. */
public final class GgufConfigReader {
  private static final Map<String, Traits> TRAITS =
      Map.ofEntries(
          Map.entry("llama", Traits.LLAMA),
          Map.entry("granite", Traits.LLAMA),
          Map.entry("smollm3", Traits.SMOLLM3),
          Map.entry("phi3", Traits.NEOX_LLAMA),
          Map.entry("qwen2", Traits.NEOX_LLAMA),
          Map.entry("qwen3", Traits.QWEN3),
          Map.entry("qwen3moe", Traits.QWEN3),
          Map.entry("gemma2", Traits.GEMMA2),
          Map.entry("gemma3", Traits.GEMMA3),
          Map.entry("olmo2", Traits.OLMO2),
          Map.entry("gpt-oss", Traits.GPT_OSS),
          Map.entry("deepseek2", Traits.LLAMA),
          Map.entry("bitnet", Traits.BITNET),
          Map.entry("bitnet-b1.58", Traits.BITNET_RELU),
          Map.entry("mamba2", Traits.LLAMA));

  /** Layers of the Gemma sizes whose query scale is that of hidden size over heads. */
  private static final Map<String, Integer> GEMMA_27B_LAYERS = Map.of("gemma2", 46, "gemma3", 62);

  private static final double GEMMA3_LOCAL_THETA = 10000;

  private final Metadata metadata;
  private final WeightSource weights;
  private final String architecture;
  private final Traits traits;
  private final int hiddenSize;
  private final int numLayers;
  private final int contextLength;

  private GgufConfigReader(Metadata metadata, WeightSource weights) {
    this.metadata = metadata;
    this.weights = weights;
    this.architecture = metadata.requireString("general.architecture");
    this.traits = TRAITS.get(architecture);
    if (traits == null) {
      throw metadata.error(
          "general.architecture",
          "is '"
              + architecture
              + "', an architecture Levin does not know; known are "
              + String.join(", ", new TreeSet<>(TRAITS.keySet())));
    }
    this.hiddenSize = positive("embedding_length");
    this.numLayers = Limits.positive(metadata, key("block_count"), Limits.MAX_LAYERS);
    this.contextLength = Limits.positive(metadata, key("context_length"), Integer.MAX_VALUE);
  }

  public static DecoderConfig read(Metadata metadata, WeightSource weights) {
    return new GgufConfigReader(metadata, weights).read();
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  private int positive(String name) {
    return Limits.positive(metadata, key(name), Limits.MAX_WIDTH);
  }

  private float factor(String name, double otherwise) {
    return Limits.factor(metadata, key(name), otherwise);
  }

  private DecoderConfig read() {
    List<RopeSpec> ropes = new ArrayList<>();
    List<LayerConfig> layers = new ArrayList<>();
    if (architecture.equals("mamba2")) {
      LayerConfig layer = new LayerConfig(stateSpace(), new Feedforward.None(), true, false);
      layers.addAll(Collections.nCopies(numLayers, layer));
    } else {
      ropes.add(rope());
      if (architecture.equals("gemma3")) {
        RopeSpec global = ropes.getFirst();
        double theta = Limits.scale(metadata, key("rope.freq_base_swa"), GEMMA3_LOCAL_THETA);
        ropes.add(new RopeSpec(global.style(), global.rotaryDim(), theta, new RopeScaling.None()));
      }
      for (int i = 0; i < numLayers; i++) {
        Mixer mixer =
            architecture.equals("deepseek2") ? latentAttention() : attention(i, ropes.size() > 1);
        layers.add(
            new LayerConfig(
                mixer,
                feedforward(i),
                traits.has(Traits.Flag.PRE_NORM),
                traits.has(Traits.Flag.POST_NORM)));
      }
    }
    return new DecoderConfig(
        architecture,
        vocabSize(),
        hiddenSize,
        contextLength,
        defaultContext(ropes),
        (float) Limits.scale(metadata, key("attention.layer_norm_rms_epsilon"), 1e-5),
        0,
        traits.has(Traits.Flag.SCALED_EMBEDDING)
            ? (float) Math.sqrt(hiddenSize)
            : factor("embedding_scale", 1),
        factor("residual_scale", 1),
        (float) (1 / Limits.scale(metadata, key("logit_scale"), 1)),
        factor("final_logit_softcapping", 0),
        ropes,
        layers,
        TensorNames.gguf());
  }

  private int defaultContext(List<RopeSpec> ropes) {
    boolean longRope =
        !ropes.isEmpty() && ropes.getFirst().scaling() instanceof RopeScaling.LongRope;
    return longRope
        ? Math.min(
            contextLength, ((RopeScaling.LongRope) ropes.getFirst().scaling()).originalContext())
        : contextLength;
  }

  /** The embedding's own height: the key is optional and older files leave it out. */
  private int vocabSize() {
    Tensor embedding = weights.get("token_embd.weight");
    if (embedding.rank() != 2 || embedding.dim(0) > Limits.MAX_WIDTH || embedding.dim(0) < 1) {
      throw metadata.error("token_embd.weight", "is " + embedding + ", not a matrix");
    }
    return Math.toIntExact(embedding.dim(0));
  }

  /** A per-layer value that files write as one number or as a list. */
  private int perLayer(String name, int layer, int limit) {
    String key = key(name);
    if (metadata.values().get(key) instanceof List<?> list) {
      if (layer >= list.size() || !(list.get(layer) instanceof Number number)) {
        throw metadata.error(key, "has no number for layer " + layer);
      }
      return Limits.check(metadata, key, number.intValue(), limit);
    }
    return Limits.positive(metadata, key, limit);
  }

  private int headDim(int heads) {
    if (metadata.has(key("attention.key_length"))) {
      return positive("attention.key_length");
    }
    if (hiddenSize % heads != 0) {
      throw metadata.error(
          key("attention.head_count"), "does not divide embedding_length " + hiddenSize);
    }
    return hiddenSize / heads;
  }

  private Mixer attention(int layer, boolean localRope) {
    int heads = perLayer("attention.head_count", layer, Limits.MAX_WIDTH);
    int kvHeads =
        metadata.has(key("attention.head_count_kv"))
            ? perLayer("attention.head_count_kv", layer, heads)
            : heads;
    if (heads % kvHeads != 0) {
      throw metadata.error(key("attention.head_count_kv"), "does not divide " + heads + " heads");
    }
    int headDim = headDim(heads);
    int window = Limits.count(metadata, key("attention.sliding_window"), Integer.MAX_VALUE);
    boolean sliding = window > 0 && isWindowed(layer);
    int scaledDim =
        numLayers == GEMMA_27B_LAYERS.getOrDefault(architecture, -1) ? hiddenSize / heads : headDim;
    return new Mixer.SelfAttention(
        heads,
        kvHeads,
        headDim,
        Limits.positive(metadata, key("attention.value_length"), headDim, Limits.MAX_WIDTH),
        !traits.hasRope(layer) ? Mixer.NO_ROPE : localRope && sliding ? 1 : 0,
        sliding ? window : 0,
        factor("attn_logit_softcapping", 0),
        (float) Limits.scale(metadata, key("attention.scale"), 1 / Math.sqrt(scaledDim)),
        traits.qkNorm(),
        traits.has(Traits.Flag.SINKS),
        traits.has(Traits.Flag.SUB_NORM));
  }

  /** Files may state which layers have a window: one flag each, or every how many one has none. */
  private boolean isWindowed(int layer) {
    String key = key("attention.sliding_window_pattern");
    if (!metadata.has(key)) {
      return traits.isWindowed(layer);
    }
    if (metadata.values().get(key) instanceof List<?> flags) {
      if (layer >= flags.size() || !(flags.get(layer) instanceof Boolean flag)) {
        throw metadata.error(key, "does not say whether layer " + layer + " has a window");
      }
      return flag;
    }
    int period = Limits.count(metadata, key, Limits.MAX_LAYERS);
    return period == 0 || (layer + 1) % period != 0;
  }

  private Mixer latentAttention() {
    int heads = positive("attention.head_count");
    int ropeDim = positive("rope.dimension_count");
    String keyLength =
        metadata.has(key("attention.key_length_mla"))
            ? "attention.key_length_mla"
            : "attention.key_length";
    String valueLength =
        metadata.has(key("attention.value_length_mla"))
            ? "attention.value_length_mla"
            : "attention.value_length";
    int keyDim = positive(keyLength);
    if (keyDim <= ropeDim) {
      throw metadata.error(key(keyLength), "is " + keyDim + ", rotated alone are " + ropeDim);
    }
    double logMultiplier = metadata.number(key("rope.scaling.yarn_log_multiplier"), 0);
    double mscale = 1 + logMultiplier * Math.log(Math.max(1, yarnFactor()));
    return new Mixer.LatentAttention(
        heads,
        Limits.count(metadata, key("attention.q_lora_rank"), Limits.MAX_WIDTH),
        positive("attention.kv_lora_rank"),
        keyDim - ropeDim,
        ropeDim,
        positive(valueLength),
        0,
        (float) (mscale * mscale / Math.sqrt(keyDim)));
  }

  private double yarnFactor() {
    return Limits.scale(metadata, key("rope.scaling.factor"), 1);
  }

  private Mixer stateSpace() {
    int inner = positive("ssm.inner_size");
    int heads = positive("ssm.time_step_rank");
    if (inner % heads != 0) {
      throw metadata.error(key("ssm.time_step_rank"), "does not divide inner size " + inner);
    }
    int groups = Limits.positive(metadata, key("ssm.group_count"), 1, heads);
    return new Mixer.StateSpace(
        heads,
        inner / heads,
        positive("ssm.state_size"),
        groups,
        Limits.positive(metadata, key("ssm.conv_kernel"), 64),
        groups,
        0,
        Float.POSITIVE_INFINITY);
  }

  private Feedforward feedforward(int layer) {
    int experts = Limits.count(metadata, key("expert_count"), Limits.MAX_EXPERTS);
    int leadingDense = Limits.count(metadata, key("leading_dense_block_count"), Limits.MAX_LAYERS);
    if (experts == 0 || layer < leadingDense) {
      return new Feedforward.Dense(
          perLayer("feed_forward_length", layer, Limits.MAX_WIDTH),
          activation(),
          traits.has(Traits.Flag.SUB_NORM));
    }
    int width =
        metadata.has(key("expert_feed_forward_length"))
            ? positive("expert_feed_forward_length")
            : perLayer("feed_forward_length", layer, Limits.MAX_WIDTH);
    int shared = Limits.count(metadata, key("expert_shared_count"), Limits.MAX_EXPERTS);
    boolean deepseek = architecture.equals("deepseek2");
    int groups = Limits.positive(metadata, key("expert_group_count"), 1, experts);
    return new Feedforward.Experts(
        experts,
        Limits.positive(metadata, key("expert_used_count"), experts),
        width,
        traits.activation(),
        scoring(),
        metadata.bool(key("expert_weights_norm"), !deepseek) && traits.scoring() == Scoring.SOFTMAX,
        groups,
        Limits.positive(metadata, key("expert_group_used_count"), groups, groups),
        factor("expert_weights_scale", 1),
        Math.multiplyExact(shared, width));
  }

  /** BitNet models of one architecture name have several activations; newer files say which. */
  private Activation activation() {
    String key = key("hidden_activation");
    return architecture.equals("bitnet")
        ? metadata
            .string(key)
            .map(name -> Activations.named(metadata, key, name))
            .orElse(traits.activation())
        : traits.activation();
  }

  private Scoring scoring() {
    int function = Limits.count(metadata, key("expert_gating_func"), 3);
    return switch (function) {
      case 2 -> Scoring.SIGMOID;
      case 3 -> Scoring.SOFTMAX_OF_TOP_K;
      default -> traits.scoring();
    };
  }

  private RopeSpec rope() {
    int heads = perLayer("attention.head_count", 0, Limits.MAX_WIDTH);
    boolean latent = architecture.equals("deepseek2");
    int dim =
        latent
            ? positive("rope.dimension_count")
            : Limits.positive(
                metadata, key("rope.dimension_count"), headDim(heads), headDim(heads));
    if (dim % 2 != 0) {
      throw metadata.error(key("rope.dimension_count"), "is " + dim + ", not even");
    }
    double theta = Limits.scale(metadata, key("rope.freq_base"), 10000);
    RopeStyle style = traits.ggufRope();
    return new RopeSpec(style, dim, theta, ropeScaling(dim));
  }

  private RopeScaling ropeScaling(int dim) {
    Optional<Tensor> divisors = weights.find("rope_freqs.weight");
    if (divisors.isPresent()) {
      return new RopeScaling.Divisors(HostVectors.doubles(divisors.get(), dim / 2));
    }
    Optional<Tensor> longFactors = weights.find("rope_factors_long.weight");
    if (longFactors.isPresent()) {
      return new RopeScaling.LongRope(
          HostVectors.doubles(weights.get("rope_factors_short.weight"), dim / 2),
          HostVectors.doubles(longFactors.get(), dim / 2),
          metadata.number(key("rope.scaling.attn_factor"), 1),
          Limits.positive(
              metadata, key("rope.scaling.original_context_length"), Integer.MAX_VALUE));
    }
    String type = metadata.string(key("rope.scaling.type")).orElse("none");
    return switch (type) {
      case "none" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(yarnFactor());
      case "yarn" -> yarn();
      default ->
          throw metadata.error(
              key("rope.scaling.type"), "is '" + type + "', expected none, linear or yarn");
    };
  }

  private RopeScaling yarn() {
    double factor = yarnFactor();
    boolean deepseek = architecture.equals("deepseek2");
    double attention =
        metadata.number(key("rope.scaling.yarn_attn_factor"), 1)
            * (deepseek ? 1 : HuggingFaceRope.yarnMscale(factor, 1));
    return new RopeScaling.Yarn(
        factor,
        Limits.positive(
            metadata,
            key("rope.scaling.original_context_length"),
            contextLength,
            Integer.MAX_VALUE),
        metadata.number(key("rope.scaling.yarn_beta_fast"), 32),
        metadata.number(key("rope.scaling.yarn_beta_slow"), 1),
        attention,
        !architecture.equals("gpt-oss"));
  }
}
