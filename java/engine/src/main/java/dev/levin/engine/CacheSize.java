package dev.levin.engine;

import dev.levin.core.LevinException;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.model.WeightSource;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import java.util.OptionalLong;

/** Chooses the sizes of a decoder's cache. */
final class CacheSize {
  private static final int PAGE_SIZE = 16;

  /** Pages without device memory, of models that keep no keys, are bounded by this. */
  private static final long MAX_PAGES = 1 << 24;

  /** Hidden vectors that one token's activations amount to, feed-forward and heads included. */
  private static final int VECTORS_PER_TOKEN = 24;

  private CacheSize() {}

  /**
   * Sizes that fit.
   *
   * @param memory bytes that the cache may take
   */
  static DecoderOptions choose(DecoderConfig config, LlmOptions options, long memory) {
    int contextLength = contextLength(config, options);
    int slots = stateSlots(config, options, memory);
    long tokens = options.cacheTokens();
    if (tokens == 0) {
      long wanted = (long) contextLength * options.maxSequences();
      long bytesPerToken = Math.max(1, config.kvBytesPerToken(options.kvDtype()));
      long left = memory - slots * config.stateBytesPerSequence();
      tokens = Math.clamp(left / bytesPerToken, 1, wanted);
    }
    long pages = Math.clamp(Math.ceilDiv(tokens, PAGE_SIZE), 1, MAX_PAGES);
    return new DecoderOptions(
        contextLength, PAGE_SIZE, (int) pages, options.kvDtype(), slots, options.activationType());
  }

  private static int stateSlots(DecoderConfig config, LlmOptions options, long memory) {
    if (!config.hasRecurrentState()) {
      return 0;
    }
    long affordable = memory / Math.max(1, config.stateBytesPerSequence());
    return Math.clamp(affordable, 1, options.maxSequences());
  }

  private static int contextLength(DecoderConfig config, LlmOptions options) {
    if (options.contextLength() > config.contextLength()) {
      throw new LevinException(
          "contextLength %d is more than the %d of the model"
              .formatted(options.contextLength(), config.contextLength()));
    }
    return options.contextLength() == 0 ? config.defaultContextLength() : options.contextLength();
  }

  /**
   * What the cache may take: of a device with memory of its own, what it has left less the weights
   * and the activations of a full step; else half of the host's memory.
   */
  static long memory(
      Backend backend, DecoderConfig config, LlmOptions options, WeightSource weights) {
    OptionalLong available = backend.availableBytes();
    if (available.isEmpty()) {
      return memory(backend.device());
    }
    long weightBytes =
        weights.names().stream().mapToLong(name -> weights.get(name).byteSize()).sum();
    return available.getAsLong() - weightBytes - activationBytes(config, options);
  }

  /** Generous: a step's widest vectors at once, and the logits of every sequence. */
  private static long activationBytes(DecoderConfig config, LlmOptions options) {
    long perToken = (long) VECTORS_PER_TOKEN * config.hiddenSize();
    long logits = (long) options.maxSequences() * config.vocabSize();
    return Float.BYTES * (options.maxTokensPerStep() * perToken + logits);
  }

  /** Half of the memory; where that is unknown, as much as the JVM may take as heap. */
  static long memory(DeviceInfo device) {
    return device.memoryBytes() > 0 ? device.memoryBytes() / 2 : Runtime.getRuntime().maxMemory();
  }
}
