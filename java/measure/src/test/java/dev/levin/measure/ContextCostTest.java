package dev.levin.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.core.backend.Counters;
import dev.levin.demo.DemoModel;
import dev.levin.formats.ModelSource;
import dev.levin.measure.SequenceFeeder.Rows;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import dev.levin.models.config.Mixer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What one more token costs as the context grows to 32k tokens, by the counters. */
class ContextCostTest {
  private static final int LONGEST = 32 * 1024;
  private static final int PAGE_SIZE = 16;
  private static final int[] DEPTHS = {0, 1, 1000, 4096, 16_384, LONGEST - 1};
  private static final int[] TOKEN = {1};

  /** Multiply-adds are two operations. */
  private static final long FLOPS_PER_PRODUCT = 2;

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"F32", "F16", "BF16", "Q8_0", "Q4_0", "F8_E4M3", "F8_E5M2"})
  void aTokenCostsItsKeysAndValuesAndNothingElseGrows(DType dtype) {
    try (ModelSource source = DemoModel.open();
        Backend backend = Backends.open("cpu")) {
      DecoderConfig config =
          DecoderConfig.read(source.metadata(), source.naming(), source.weights());
      DecoderOptions options =
          new DecoderOptions(LONGEST, PAGE_SIZE, LONGEST / PAGE_SIZE, dtype, 0);
      try (Decoder decoder = Decoder.load(config, source.weights(), backend, options)) {
        check(new SequenceFeeder(decoder, LONGEST), config, dtype, backend.counters());
      }
    }
  }

  private static void check(
      SequenceFeeder sequence, DecoderConfig config, DType dtype, Counters counters) {
    long cacheBytesPerToken = 0;
    long flopsPerKey = 0;
    for (var layer : config.layers()) {
      Mixer.SelfAttention attention = (Mixer.SelfAttention) layer.mixer();
      assertEquals(0, attention.window(), "the demo model attends to everything");
      long headBytes = dtype.rowBytes(attention.headDim());
      cacheBytesPerToken += 2 * attention.numKvHeads() * headBytes;
      flopsPerKey += FLOPS_PER_PRODUCT * attention.numHeads() * 2 * attention.headDim();
    }
    Counters.Total first = decode(sequence, 0, counters);
    long appended = append(counters).bytes();
    for (int depth : DEPTHS) {
      Counters.Total all = decode(sequence, depth, counters);
      String where = dtype + " at " + depth;
      assertEquals(first.bytes() + depth * cacheBytesPerToken, all.bytes(), where);
      assertEquals(first.flops() + depth * flopsPerKey, all.flops(), where);
      assertEquals(appended, append(counters).bytes(), where);
    }
    long others = 0;
    for (var layer : config.layers()) {
      Mixer.SelfAttention attention = (Mixer.SelfAttention) layer.mixer();
      long heads = 2L * attention.numHeads() + 2L * attention.numKvHeads();
      others += Float.BYTES * heads * attention.headDim();
    }
    assertEquals(others + cacheBytesPerToken, appended, dtype + ": a token's keys and values");
  }

  private static Counters.Total append(Counters counters) {
    return counters.totals().get("RopeAppend");
  }

  /** One token at a depth; what the cache holds before it is of no concern to the counters. */
  private static Counters.Total decode(SequenceFeeder sequence, int depth, Counters counters) {
    sequence.cutTo(depth);
    counters.reset();
    sequence.feed(TOKEN, 0, 1, Rows.LAST);
    long launches = 0;
    long flops = 0;
    long bytes = 0;
    for (Counters.Total total : counters.totals().values()) {
      launches += total.launches();
      flops += total.flops();
      bytes += total.bytes();
    }
    return new Counters.Total(launches, flops, bytes);
  }
}
