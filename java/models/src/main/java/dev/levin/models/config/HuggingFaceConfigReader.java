package dev.levin.models.config;

import dev.levin.core.ModelFormatException;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.WeightSource;
import dev.levin.core.op.Activation;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.Scoring;
import dev.levin.models.DecoderConfig;
import dev.levin.models.weights.Part;
import dev.levin.models.weights.TensorNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** config.json of transformers 4 and 5 to {@link DecoderConfig}. */
public final class HuggingFaceConfigReader {
  private static final String SLIDING = "sliding_attention";
  private static final String FULL = "full_attention";

  private static final Map<String, Traits> TRAITS =
      Map.ofEntries(
          Map.entry("llama", Traits.LLAMA),
          Map.entry("mistral", Traits.LLAMA),
          Map.entry("mixtral", Traits.LLAMA),
          Map.entry("granite", Traits.LLAMA),
          Map.entry("phi3", Traits.LLAMA),
          Map.entry("qwen2", Traits.LLAMA),
          Map.entry("qwen3", Traits.QWEN3),
          Map.entry("qwen3_moe", Traits.QWEN3),
          Map.entry("gemma2", Traits.GEMMA2),
          Map.entry("gemma3", Traits.GEMMA3),
          Map.entry("gemma3_text", Traits.GEMMA3),
          Map.entry("olmo2", Traits.OLMO2),
          Map.entry("smollm3", Traits.SMOLLM3),
          Map.entry("gpt_oss", Traits.GPT_OSS),
          Map.entry("bitnet", Traits.BITNET),
          Map.entry("deepseek_v2", Traits.LLAMA),
          Map.entry("deepseek_v3", Traits.LLAMA),
          Map.entry("mamba2", Traits.LLAMA));

  private final Metadata config;
  private final Traits traits;
  private final String type;
  private final int hiddenSize;
  private final int numLayers;

  private HuggingFaceConfigReader(Metadata config) {
    this.config = config;
    this.type = config.requireString("model_type");
    this.traits = TRAITS.get(type);
    if (traits == null) {
      throw config.error(
          "model_type",
          "is '"
              + type
              + "', an architecture Levin does not know; known are "
              + String.join(", ", new TreeSet<>(TRAITS.keySet())));
    }
    this.hiddenSize = Limits.positive(config, "hidden_size", Limits.MAX_WIDTH);
    this.numLayers = Limits.positive(config, "num_hidden_layers", Limits.MAX_LAYERS);
  }

  public static DecoderConfig read(Metadata file, WeightSource weights) {
    Metadata config =
        HuggingFaceDefaults.fill(file.has("text_config") ? file.object("text_config") : file);
    checkQuantisation(file);
    HuggingFaceConfigReader reader = new HuggingFaceConfigReader(config);
    TensorNames names = TensorNames.huggingFace(weights);
    checkOutput(file, config, names, weights);
    return reader.type.equals("mamba2") ? reader.mamba(names) : reader.transformer(names);
  }

  /** A model that says its output is not the embedding must bring one. */
  private static void checkOutput(
      Metadata file, Metadata config, TensorNames names, WeightSource weights) {
    boolean tied = file.bool("tie_word_embeddings", config.bool("tie_word_embeddings", true));
    List<String> outputs = names.candidates(Part.OUTPUT, 0, ".weight");
    if (!tied && outputs.stream().allMatch(name -> weights.find(name).isEmpty())) {
      throw new ModelFormatException(
          "%s: tensor '%s' is missing and 'tie_word_embeddings' is false"
              .formatted(weights.origin(), outputs.getFirst()));
    }
  }

  private static void checkQuantisation(Metadata file) {
    Metadata quantisation = file.object("quantization_config");
    String method = quantisation.string("quant_method").orElse("");
    if (!quantisation.values().isEmpty() && !method.equals("mxfp4")) {
      throw new ModelFormatException(
          quantisation.origin()
              + ": weights quantised by '"
              + method
              + "' cannot be read; use the unquantised checkpoint or a GGUF file");
    }
  }

  private DecoderConfig mamba(TensorNames names) {
    int heads = Limits.positive(config, "num_heads", Limits.MAX_WIDTH);
    List<?> limits = config.list("time_step_limit").orElse(List.of(0.0, Double.POSITIVE_INFINITY));
    if (limits.size() != 2
        || !(limits.get(0) instanceof Number min)
        || !(limits.get(1) instanceof Number max)) {
      throw config.error("time_step_limit", "is not a pair of numbers");
    }
    Mixer mixer =
        new Mixer.StateSpace(
            heads,
            Limits.positive(config, "head_dim", Limits.MAX_WIDTH),
            Limits.positive(config, "state_size", Limits.MAX_WIDTH),
            Limits.positive(config, "n_groups", 1, heads),
            Limits.positive(config, "conv_kernel", 4, 64),
            1,
            min.floatValue(),
            max.floatValue());
    LayerConfig layer = new LayerConfig(mixer, new Feedforward.None(), true, false);
    return new DecoderConfig(
        type,
        Limits.positive(config, "vocab_size", Limits.MAX_WIDTH),
        hiddenSize,
        Limits.positive(config, "max_position_embeddings", 1 << 20, Integer.MAX_VALUE),
        Limits.positive(config, "max_position_embeddings", 1 << 20, Integer.MAX_VALUE),
        (float) Limits.scale(config, "layer_norm_epsilon", 1e-5),
        0,
        1,
        1,
        1,
        0,
        List.of(),
        java.util.Collections.nCopies(numLayers, layer),
        names);
  }

  private DecoderConfig transformer(TensorNames names) {
    List<RopeSpec> ropes = new ArrayList<>();
    List<LayerConfig> layers = new ArrayList<>();
    boolean latent = config.has("kv_lora_rank");
    int headDim = latent ? positive("qk_rope_head_dim") : headDim();
    ropes.add(
        HuggingFaceRope.read(
            config,
            FULL,
            headDim,
            latent && config.bool("rope_interleave", true)
                ? RopeStyle.INTERLEAVED
                : RopeStyle.HALF));
    if (hasLocalRope()) {
      ropes.add(localRope(headDim));
    }
    for (int i = 0; i < numLayers; i++) {
      Mixer mixer = latent ? latentAttention(ropes.getFirst()) : attention(i, ropes.size() > 1);
      layers.add(
          new LayerConfig(
              mixer,
              feedforward(i),
              traits.has(Traits.Flag.PRE_NORM),
              traits.has(Traits.Flag.POST_NORM)));
    }
    int context = Limits.positive(config, "max_position_embeddings", 2048, Integer.MAX_VALUE);
    boolean longRope = ropes.getFirst().scaling() instanceof RopeScaling.LongRope;
    return new DecoderConfig(
        type,
        Limits.positive(config, "vocab_size", Limits.MAX_WIDTH),
        hiddenSize,
        context,
        longRope
            ? Math.min(
                context, ((RopeScaling.LongRope) ropes.getFirst().scaling()).originalContext())
            : context,
        (float) Limits.scale(config, "rms_norm_eps", 1e-6),
        traits.has(Traits.Flag.NORM_MINUS_ONE) ? 1 : 0,
        traits.has(Traits.Flag.SCALED_EMBEDDING)
            ? (float) Math.sqrt(hiddenSize)
            : Limits.factor(config, "embedding_multiplier", 1),
        Limits.factor(config, "residual_multiplier", 1),
        (float) (1 / Limits.scale(config, "logits_scaling", 1)),
        Limits.factor(config, "final_logit_softcapping", 0),
        ropes,
        layers,
        names);
  }

  private int positive(String key) {
    return Limits.positive(config, key, Limits.MAX_WIDTH);
  }

  private int numHeads() {
    return positive("num_attention_heads");
  }

  private int headDim() {
    if (config.has("head_dim")) {
      return positive("head_dim");
    }
    int heads = numHeads();
    if (hiddenSize % heads != 0) {
      throw config.error("num_attention_heads", "does not divide hidden_size " + hiddenSize);
    }
    return hiddenSize / heads;
  }

  /** True when windowed layers rotate with frequencies of their own (Gemma 3). */
  private boolean hasLocalRope() {
    return config.object("rope_parameters").has(SLIDING)
        || (type.startsWith("gemma3") && !config.has("rope_parameters"));
  }

  private RopeSpec localRope(int headDim) {
    if (config.object("rope_parameters").has(SLIDING)) {
      return HuggingFaceRope.read(config, SLIDING, headDim, RopeStyle.HALF);
    }
    double theta = Limits.scale(config, "rope_local_base_freq", 10000.0);
    return new RopeSpec(RopeStyle.HALF, headDim, theta, new RopeScaling.None());
  }

  private Mixer attention(int layer, boolean localRope) {
    int heads = numHeads();
    int kvHeads = Limits.positive(config, "num_key_value_heads", heads, heads);
    if (heads % kvHeads != 0) {
      throw config.error("num_key_value_heads", "does not divide " + heads + " heads");
    }
    int headDim = headDim();
    boolean sliding = isSliding(layer);
    int rope = localRope && sliding ? 1 : 0;
    double scale =
        config
            .number("attention_multiplier")
            .orElseGet(() -> 1 / Math.sqrt(Limits.scale(config, "query_pre_attn_scalar", headDim)));
    return new Mixer.SelfAttention(
        heads,
        kvHeads,
        headDim,
        headDim,
        hasRope(layer) ? rope : Mixer.NO_ROPE,
        sliding ? positive("sliding_window") : 0,
        Limits.factor(config, "attn_logit_softcapping", 0),
        (float) scale,
        traits.qkNorm(),
        traits.has(Traits.Flag.SINKS),
        traits.has(Traits.Flag.SUB_NORM));
  }

  private boolean hasRope(int layer) {
    List<?> list = config.list("no_rope_layers").orElse(List.of());
    if (!list.isEmpty()) {
      if (list.size() != numLayers) {
        throw config.error("no_rope_layers", "has " + list.size() + " entries");
      }
      return list.get(layer) instanceof Number number && number.intValue() != 0;
    }
    return traits.hasRope(layer);
  }

  private boolean isSliding(int layer) {
    if (!config.has("sliding_window")) {
      return false;
    }
    List<?> types = config.list("layer_types").orElse(List.of());
    if (!types.isEmpty()) {
      if (types.size() != numLayers) {
        throw config.error("layer_types", "has " + types.size() + " entries for " + numLayers);
      }
      return SLIDING.equals(types.get(layer));
    }
    if (config.has("use_sliding_window")) {
      return config.bool("use_sliding_window", false)
          && layer >= config.integer("max_window_layers", 0);
    }
    int period =
        Limits.positive(config, "sliding_window_pattern", traits.windowPeriod(), Limits.MAX_LAYERS);
    return period == 1 || (layer + 1) % period != 0;
  }

  private Mixer latentAttention(RopeSpec rope) {
    int nope = positive("qk_nope_head_dim");
    int ropeDim = positive("qk_rope_head_dim");
    double scale = 1 / Math.sqrt(nope + ropeDim);
    Metadata scaling =
        config.has("rope_parameters")
            ? config.object("rope_parameters")
            : config.object("rope_scaling");
    if (rope.scaling() instanceof RopeScaling.Yarn yarn && scaling.has("mscale_all_dim")) {
      double mscale =
          HuggingFaceRope.yarnMscale(yarn.factor(), scaling.requireNumber("mscale_all_dim"));
      scale *= mscale * mscale;
    }
    return new Mixer.LatentAttention(
        numHeads(),
        Limits.count(config, "q_lora_rank", Limits.MAX_WIDTH),
        positive("kv_lora_rank"),
        nope,
        ropeDim,
        positive("v_head_dim"),
        0,
        (float) scale);
  }

  private Feedforward feedforward(int layer) {
    int experts = expertCount();
    boolean dense = experts == 0 || layer < config.integer("first_k_dense_replace", 0);
    int step = Limits.positive(config, "decoder_sparse_step", 1, Limits.MAX_LAYERS);
    dense |= (layer + 1) % step != 0;
    dense |= lists("mlp_only_layers", layer);
    if (dense) {
      return new Feedforward.Dense(
          positive("intermediate_size"), activation(), traits.has(Traits.Flag.SUB_NORM));
    }
    return experts(experts);
  }

  private boolean lists(String key, int layer) {
    return config.list(key).orElse(List.of()).stream()
        .anyMatch(entry -> entry instanceof Number number && number.intValue() == layer);
  }

  private int expertCount() {
    for (String key : List.of("n_routed_experts", "num_local_experts", "num_experts")) {
      if (config.has(key)) {
        return Limits.count(config, key, Limits.MAX_EXPERTS);
      }
    }
    return 0;
  }

  private Feedforward experts(int count) {
    boolean deepseek = type.startsWith("deepseek");
    boolean sigmoid =
        config
            .string("scoring_func")
            .orElse(type.equals("deepseek_v3") ? "sigmoid" : "softmax")
            .equals("sigmoid");
    int groups = deepseek ? Limits.positive(config, "n_group", 1, count) : 1;
    if (groups > 1 && type.equals("deepseek_v2")) {
      throw config.error("n_group", "is " + groups + "; grouped routing of deepseek_v2 is unknown");
    }
    int width =
        config.has("moe_intermediate_size")
            ? positive("moe_intermediate_size")
            : positive("intermediate_size");
    int shared = deepseek ? Limits.count(config, "n_shared_experts", Limits.MAX_EXPERTS) : 0;
    boolean normalise = config.bool("norm_topk_prob", type.equals("mixtral"));
    return new Feedforward.Experts(
        count,
        Limits.positive(config, "num_experts_per_tok", count),
        width,
        traits == Traits.GPT_OSS ? traits.activation() : activation(),
        sigmoid ? Scoring.SIGMOID : traits.scoring(),
        normalise && traits.scoring() == Scoring.SOFTMAX,
        groups,
        Limits.positive(config, "topk_group", groups, groups),
        Limits.factor(config, "routed_scaling_factor", 1),
        Math.multiplyExact(shared, width));
  }

  private Activation activation() {
    String name =
        config.string("hidden_activation").or(() -> config.string("hidden_act")).orElse("silu");
    return Activations.named(config, "hidden_act", name);
  }
}
