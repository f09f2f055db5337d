package dev.levin.engine;

import dev.levin.core.LevinException;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;

/** Chooses the sizes of a decoder's cache. */
final class CacheSize {
  private static final int PAGE_SIZE = 16;

  /** Pages without device memory, of models that keep no keys, are bounded by this. */
  private static final long MAX_PAGES = 1 << 24;

  private CacheSize() {}

  static DecoderOptions choose(DecoderConfig config, LlmOptions options, DeviceInfo device) {
    int contextLength = contextLength(config, options);
    long memory = memoryForCache(device);
    int slots = stateSlots(config, options, memory);
    long tokens = options.cacheTokens();
    if (tokens == 0) {
      long wanted = (long) contextLength * options.maxSequences();
      long bytesPerToken = Math.max(1, config.kvBytesPerToken(options.kvDtype()));
      long left = memory - slots * config.stateBytesPerSequence();
      tokens = Math.clamp(left / bytesPerToken, 1, wanted);
    }
    long pages = Math.clamp(Math.ceilDiv(tokens, PAGE_SIZE), 1, MAX_PAGES);
    return new DecoderOptions(contextLength, PAGE_SIZE, (int) pages, options.kvDtype(), slots);
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

  /** Half of the device's memory; where that is unknown, as much as the JVM may take as heap. */
  private static long memoryForCache(DeviceInfo device) {
    return device.memoryBytes() > 0 ? device.memoryBytes() / 2 : Runtime.getRuntime().maxMemory();
  }
}
