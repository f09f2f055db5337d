package dev.levin.measure.model;

import dev.levin.core.DType;
import dev.levin.core.LevinException;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Ceilings;
import dev.levin.core.backend.Counters;
import dev.levin.core.model.WeightSource;
import dev.levin.formats.ModelSource;
import dev.levin.measure.BackendChoice;
import dev.levin.measure.JitRest;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Times the forward pass of models; tokenisers and samplers take no part. */
public final class ModelBench {
  private static final int PAGE_SIZE = 16;
  private static final String UNKNOWN = "";

  /** After this a compiler at work no longer delays a test. */
  private static final Duration MAX_WARMUP = Duration.ofSeconds(10);

  /** Told what happens, on the thread that measures. */
  public interface Listener {
    /** Before a model is loaded onto a backend. */
    void loading(String model, String backend);

    /** After each test, in order. */
    void finished(ModelResult result);
  }

  private final BenchPlan plan;
  private final Listener listener;

  public ModelBench(BenchPlan plan, Listener listener) {
    this.plan = plan;
    this.listener = listener;
  }

  /**
   * Runs the whole plan; every backend of it is opened afresh for every model.
   *
   * @throws LevinException for a model that does not load or cannot hold the longest test
   */
  public void run() {
    for (ModelChoice model : plan.models()) {
      try (ModelSource source = model.opener().open()) {
        DecoderConfig config =
            DecoderConfig.read(source.metadata(), source.naming(), source.weights());
        requireContext(model, config);
        for (BackendChoice choice : plan.backends()) {
          try (Backend backend = choice.open()) {
            listener.loading(model.label(), backend.name());
            run(subject(model, source.weights(), backend), config, source.weights(), backend);
          }
        }
      }
    }
  }

  private void requireContext(ModelChoice model, DecoderConfig config) {
    if (plan.longest() > config.contextLength()) {
      throw new LevinException(
          "%s: a test of %d tokens is longer than the model's context of %d"
              .formatted(model.label(), plan.longest(), config.contextLength()));
    }
  }

  private ModelResult.Subject subject(ModelChoice model, WeightSource weights, Backend backend) {
    long bytes = 0;
    long parameters = 0;
    for (String name : weights.names()) {
      Tensor tensor = weights.get(name);
      bytes += tensor.byteSize();
      parameters += tensor.shape().elements();
    }
    Map<String, String> properties = backend.device().properties();
    return new ModelResult.Subject(
        model.label(),
        bytes,
        parameters,
        backend.name(),
        backend.device().name(),
        properties.getOrDefault("kernels", UNKNOWN),
        Integer.parseInt(properties.getOrDefault("threads", "0")));
  }

  private void run(
      ModelResult.Subject subject, DecoderConfig config, WeightSource weights, Backend backend) {
    DType loaded = null;
    Decoder decoder = null;
    try {
      for (BenchCase test : plan.cases()) {
        if (test.kvDtype() != loaded) {
          close(decoder);
          decoder = null;
          decoder = Decoder.load(config, weights, backend, options(config, test.kvDtype()));
          loaded = test.kvDtype();
        }
        listener.finished(measure(subject, test, decoder, backend));
      }
    } finally {
      close(decoder);
    }
  }

  private static void close(Decoder decoder) {
    if (decoder != null) {
      decoder.close();
    }
  }

  private DecoderOptions options(DecoderConfig config, DType kvDtype) {
    int pages = Math.ceilDiv(plan.longest(), PAGE_SIZE);
    int slots = config.hasRecurrentState() ? SequenceRunner.STATE_SLOTS : 0;
    DType activations = DecoderOptions.configuredActivations();
    return new DecoderOptions(plan.longest(), PAGE_SIZE, pages, kvDtype, slots, activations);
  }

  private ModelResult measure(
      ModelResult.Subject subject, BenchCase test, Decoder decoder, Backend backend) {
    SequenceRunner sequence = new SequenceRunner(decoder, plan.longest());
    sequence.fill(test.depth(), test.maxTokensPerStep());
    warmUp(sequence, test, backend);
    List<Ceilings> ceilings = new ArrayList<>();
    backend.measureCeilings().ifPresent(ceilings::add);
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < plan.repetitions(); i++) {
      nanos.add(time(sequence, test, backend));
      backend.measureCeilings().ifPresent(ceilings::add);
    }
    long bytes = 0;
    long flops = 0;
    for (Counters.Total total : backend.counters().totals().values()) {
      bytes += total.bytes();
      flops += total.flops();
    }
    return subject.result(test, nanos, bytes, flops, mean(ceilings));
  }

  /** The bandwidth of a shared machine changes within seconds, so runs and readings alternate. */
  private static Ceilings mean(List<Ceilings> readings) {
    if (readings.isEmpty()) {
      return null;
    }
    double bytes = 0;
    double flops = 0;
    for (Ceilings reading : readings) {
      bytes += reading.readBytesPerSecond();
      flops += reading.flopsPerSecond();
    }
    return new Ceilings(bytes / readings.size(), flops / readings.size());
  }

  private void warmUp(SequenceRunner sequence, BenchCase test, Backend backend) {
    long start = System.nanoTime();
    JitRest compiler = new JitRest();
    for (int i = 0; i < plan.warmups(); i++) {
      time(sequence, test, backend);
    }
    while (plan.warmups() > 0
        && !compiler.rested()
        && System.nanoTime() - start < MAX_WARMUP.toNanos()) {
      time(sequence, test, backend);
    }
  }

  /** Nanoseconds of a run; the counters then hold what this run took. */
  private static long time(SequenceRunner sequence, BenchCase test, Backend backend) {
    sequence.rewind(test.depth());
    backend.stream().synchronize();
    backend.counters().reset();
    long start = System.nanoTime();
    sequence.run(test.workload(), test.maxTokensPerStep());
    backend.stream().synchronize();
    return System.nanoTime() - start;
  }
}
