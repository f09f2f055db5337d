package dev.levin.measure.importance;

import dev.levin.core.DType;
import dev.levin.core.LevinException;
import dev.levin.core.backend.Backend;
import dev.levin.formats.ModelSource;
import dev.levin.measure.SequenceFeeder;
import dev.levin.measure.SequenceFeeder.Rows;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * How much the columns of a model's weight matrices matter on a text: the mean square of what each
 * is multiplied by. What a quantiser spends its accuracy by.
 */
public final class Importance {
  private static final int PAGE_SIZE = 16;

  private Importance() {}

  /**
   * Reads a text in chunks that know nothing of each other.
   *
   * @param backend in host memory, of no other use meanwhile
   * @param tokens of the text
   * @param chunk most tokens of a chunk; the model's context when that is shorter
   * @param progress told how many tokens are done
   * @return by tensor name, one value per column; of stacked experts one per expert and column
   */
  public static Map<String, float[]> of(
      ModelSource source, Backend backend, int[] tokens, int chunk, LongConsumer progress) {
    if (tokens.length == 0) {
      throw new LevinException("the text to weigh columns by has no tokens");
    }
    DecoderConfig config = DecoderConfig.read(source.metadata(), source.naming(), source.weights());
    int longest = Math.min(chunk, config.contextLength());
    DecoderOptions options =
        new DecoderOptions(
            longest,
            PAGE_SIZE,
            Math.ceilDiv(longest, PAGE_SIZE),
            DType.F32,
            config.hasRecurrentState() ? 1 : 0);
    try (WatchedBackend watched = new WatchedBackend(backend, source.weights());
        Decoder decoder = Decoder.load(config, source.weights(), watched, options)) {
      SequenceFeeder sequence = new SequenceFeeder(decoder, longest);
      for (int from = 0; from < tokens.length; from += longest) {
        int count = Math.min(longest, tokens.length - from);
        sequence.cutTo(0);
        sequence.feed(tokens, from, count, Rows.LAST);
        progress.accept(from + count);
      }
      return watched.means();
    }
  }
}
