package dev.levin.bench;

import dev.levin.engine.sampling.SamplerChain;
import dev.levin.engine.sampling.SamplingOptions;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Logits to the next token. */
public class SamplerBenchmark extends MicroBenchmark {
  private static final int HISTORY = 64;

  /** Real logits are peaky: a few far above a broad rest. */
  private static final double SPREAD = 3;

  @Param({"greedy", "temperature", "top-k", "top-p", "min-p", "penalties"})
  public String options;

  @Param("128256")
  public int vocabulary;

  private SamplerChain chain;
  private float[] logits;

  /** Makes seeded logits and a chain that has seen some tokens. */
  @Setup(Level.Trial)
  public void prepare() {
    Random random = new Random(SEED);
    logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] = (float) (SPREAD * random.nextGaussian());
    }
    chain = new SamplerChain(vocabulary, parse(options));
    random.ints(HISTORY, 0, vocabulary).forEach(chain::accept);
  }

  private static SamplingOptions parse(String options) {
    SamplingOptions.Builder builder = SamplingOptions.builder().seed(SEED).temperature(0.8);
    return switch (options) {
      case "greedy" -> SamplingOptions.greedy();
      case "temperature" -> builder.build();
      case "top-k" -> builder.topK(40).build();
      case "top-p" -> builder.topP(0.95).build();
      case "min-p" -> builder.minP(0.05).build();
      case "penalties" -> builder.repetitionPenalty(1.1).frequencyPenalty(0.1).build();
      default -> throw new IllegalArgumentException("no sampling options '" + options + "'");
    };
  }

  @Benchmark
  public int sample() {
    return chain.sample(logits);
  }
}
