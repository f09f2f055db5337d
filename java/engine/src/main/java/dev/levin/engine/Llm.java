package dev.levin.engine;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.template.ChatMessage;
import dev.levin.formats.tokenizer.Tokenizer;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * A loaded language model.
 *
 * <pre>{@code
 * try (Llm llm = Llm.load(Path.of("model.gguf"))) {
 *   llm.generate("Once upon a time").forEach(System.out::print);
 * }
 * }</pre>
 *
 * <p>Thread-safe: generations that several threads read at the same time share their steps. Using a
 * closed model is an {@link IllegalStateException}.
 */
public final class Llm implements AutoCloseable {
  private final ModelSource source;
  private final Backend backend;
  private final DecoderConfig config;
  private final Engine engine;
  private final Prompts prompts;
  private final GenerationFactory generations;
  private boolean closed;

  Llm(
      ModelSource source,
      Backend backend,
      DecoderConfig config,
      Engine engine,
      LlmOptions options) {
    this.source = source;
    this.backend = backend;
    this.config = config;
    this.engine = engine;
    this.prompts = new Prompts(source);
    this.generations =
        new GenerationFactory(source, engine, options.slidingContext(), options.keepTokens());
  }

  /**
   * Loads a GGUF file (of a split model, its first part), a safetensors file or a Hugging Face
   * folder.
   *
   * @throws dev.levin.core.ModelFormatException for a file that is damaged or not understood
   * @throws dev.levin.core.DeviceException when the configured backend is not available
   */
  public static Llm load(Path path) {
    return load(path, LlmOptions.defaults());
  }

  /** As {@link #load(Path)}, with options. */
  public static Llm load(Path path, LlmOptions options) {
    return load(ModelFiles.open(path), options);
  }

  /** Loads an opened model, which belongs to the result; when loading fails it is closed. */
  public static Llm load(ModelSource source, LlmOptions options) {
    Backend backend = null;
    Decoder decoder = null;
    Llm loaded = null;
    try {
      DecoderConfig config =
          DecoderConfig.read(source.metadata(), source.naming(), source.weights());
      backend =
          Backends.open(options.backend() == null ? Backends.configured() : options.backend());
      long memory = CacheSize.memory(backend, config, options, source.weights());
      DecoderOptions layout = CacheSize.choose(config, options, memory);
      ProgressWeights weights = new ProgressWeights(source.weights(), options.progress());
      decoder = Decoder.load(config, weights, backend, layout);
      options.progress().progress(1);
      Engine engine = Engine.of(decoder, options.maxTokensPerStep(), options.maxSequences());
      loaded = new Llm(source, backend, config, engine, options);
      return loaded;
    } finally {
      if (loaded == null) {
        closeAll(decoder, backend, source);
      }
    }
  }

  private static void closeAll(Decoder decoder, Backend backend, ModelSource source) {
    if (decoder != null) {
      decoder.close();
    }
    if (backend != null) {
      backend.close();
    }
    source.close();
  }

  /** Continues a text, greedily, until the model ends it or the context is full. */
  public Generation generate(String prompt) {
    return generate(prompt, GenerationOptions.defaults());
  }

  /**
   * Continues a text.
   *
   * @throws dev.levin.core.LevinException when the prompt exceeds the context
   */
  public Generation generate(String prompt, GenerationOptions options) {
    return open(() -> generations.start(prompts.raw(prompt, options), prompt, options));
  }

  /** Continues tokens, exactly as given. */
  public Generation generate(int[] prompt, GenerationOptions options) {
    return open(
        () -> {
          String text = options.echo() ? source.tokenizer().decode(prompt, true) : "";
          return generations.start(prompt.clone(), text, options);
        });
  }

  /** Answers a conversation, with the model's chat template. */
  public Generation chat(List<ChatMessage> messages) {
    return chat(messages, GenerationOptions.defaults());
  }

  /**
   * Answers a conversation, with the model's chat template.
   *
   * @throws dev.levin.core.LevinException when the model has no template, the template refuses the
   *     messages, or the prompt exceeds the context
   */
  public Generation chat(List<ChatMessage> messages, GenerationOptions options) {
    return open(
        () -> {
          Prompts.Chat prompt = generations.fit(prompts, messages, options);
          return generations.start(prompt.tokens(), prompt.text(), options);
        });
  }

  /** A conversation that keeps its history and its cache. */
  public ChatSession chatSession(List<ChatMessage> history, GenerationOptions options) {
    return open(() -> new ChatSession(prompts, generations, history, options));
  }

  /** The prompt that the model's chat template makes of messages. */
  public String render(
      List<ChatMessage> messages, GenerationOptions options, boolean addGenerationPrompt) {
    return open(() -> prompts.render(messages, options, addGenerationPrompt));
  }

  /** The tokens of the prompt that {@link #chat} would run. */
  public int[] chatTokens(List<ChatMessage> messages, GenerationOptions options) {
    return open(() -> prompts.chat(messages, options).tokens());
  }

  public boolean hasChatTemplate() {
    return open(() -> source.chatTemplate().isPresent());
  }

  /** Token ids of a text, with the special tokens the model wants around it. */
  public int[] tokenize(String text) {
    return tokenizer().encode(text, true, false);
  }

  public Tokenizer tokenizer() {
    return open(source::tokenizer);
  }

  /** The hidden state [C] of a text's last token after the final norm, scaled to length 1. */
  public float[] embed(String text) {
    return embed(text, true);
  }

  /**
   * The hidden state [C] of a text's last token after the final norm.
   *
   * @param normalize scale to Euclidean length 1
   */
  public float[] embed(String text, boolean normalize) {
    return open(
        () -> {
          int[] tokens = source.tokenizer().encode(text, true, false);
          engine.requireRunnable(tokens);
          float[] hidden = engine.lastHidden(tokens);
          return normalize ? normalized(hidden) : hidden;
        });
  }

  /**
   * Logits [V] after every one of {@code tokens}, in order.
   *
   * @param chunk most tokens in one forward pass; 0 leaves it to the engine
   */
  public void logits(int[] tokens, int chunk, Engine.LogitsConsumer consumer) {
    open(
        () -> {
          engine.requireRunnable(tokens);
          engine.forEachLogits(tokens, chunk, consumer);
          return null;
        });
  }

  /** Direct control over sequences; closed with the model. */
  public Engine engine() {
    return open(() -> engine);
  }

  public DecoderConfig config() {
    return config;
  }

  /** Longest sequence in tokens. */
  public int contextLength() {
    return engine.contextLength();
  }

  /** The model's own name, or its file's. */
  public String name() {
    return source.name();
  }

  public String backendName() {
    return backend.name();
  }

  /** The device it runs on, and counters of what it was asked to do. */
  public Backend backend() {
    return backend;
  }

  /**
   * Frees the model after the step that is running; generations fail with an {@link
   * IllegalStateException} when they are read on. Closing again does nothing.
   */
  @Override
  public void close() {
    engine.lock().lock();
    try {
      if (!closed) {
        closed = true;
        engine.close();
        backend.close();
        source.close();
      }
    } finally {
      engine.lock().unlock();
    }
  }

  private <T> T open(Supplier<T> action) {
    engine.requireOpen();
    return action.get();
  }

  private static float[] normalized(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    double scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (vector[i] * scale);
    }
    return vector;
  }
}
