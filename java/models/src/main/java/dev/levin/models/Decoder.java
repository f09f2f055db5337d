package dev.levin.models;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.model.WeightSource;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.CopyPages;
import dev.levin.models.config.RopeSpec;
import dev.levin.models.weights.DecoderWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The one forward pass: weights, pages and prepared steps of a decoder on a backend.
 *
 * <p>Prefill, chunked prefill, decode, verification and batched serving are the same call on
 * different {@link Batch}es. A step is written down as ops once per layout (tokens, sequences,
 * output rows) and then run again and again; a decode loop only uploads integers and launches. Not
 * thread-safe: one caller at a time.
 */
public final class Decoder implements AutoCloseable {
  private static final int KEPT_STEPS = 16;

  private record Key(StepLayout layout, boolean hiddenOnly) {}

  private final DecoderConfig config;
  private final DecoderOptions options;
  private final Backend backend;
  private final DecoderWeights weights;
  private final KvCache cache;
  private final List<Buffer> ropeBuffers = new ArrayList<>();
  private final BatchLengths lengths = new BatchLengths();
  private final StepBuilder builder;
  private final StepInputWriter writer;
  private final Map<Key, Step> steps = new LinkedHashMap<>(KEPT_STEPS, 0.75f, true);
  private Buffer ints;
  private HostBuffer staging;
  private Buffer activations;
  private HostBuffer results;
  private boolean closed;

  private Decoder(
      DecoderConfig config, WeightSource source, Backend backend, DecoderOptions options) {
    this.config = config;
    this.options = options;
    this.backend = backend;
    boolean complete = false;
    DecoderWeights loadedWeights = null;
    KvCache allocated = null;
    try {
      loadedWeights = new DecoderWeights(config, source, backend);
      allocated = new KvCache(config, options, backend);
      ints = backend.allocate(Integer.BYTES);
      staging = HostBuffer.allocate(Integer.BYTES);
      activations = backend.allocate(Float.BYTES);
      results = HostBuffer.allocate(Float.BYTES);
      weights = loadedWeights;
      cache = allocated;
      builder = new StepBuilder(config, options, weights, cache, uploadFrequencies(), lengths);
      writer = new StepInputWriter(config.vocabSize(), options);
      complete = true;
    } finally {
      if (!complete) {
        closeAll(loadedWeights, allocated, ints, staging, activations, results);
      }
    }
  }

  /**
   * Loads weights and allocates pages.
   *
   * @param source stays open as long as the decoder
   * @param options a context length of 0 takes the configuration's default
   * @throws ModelFormatException for missing or mis-shaped tensors
   * @throws DeviceException of kind UNSUPPORTED for activations that the backend does not have
   */
  public static Decoder load(
      DecoderConfig config, WeightSource source, Backend backend, DecoderOptions options) {
    int context =
        options.contextLength() > 0 ? options.contextLength() : config.defaultContextLength();
    if (options.pageSize() < 1 || options.numPages() < 1 || options.stateSlots() < 0) {
      throw new IllegalArgumentException("impossible " + options);
    }
    DecoderOptions resolved =
        new DecoderOptions(
            context,
            options.pageSize(),
            options.numPages(),
            options.kvDtype(),
            options.stateSlots(),
            options.activations());
    requireActivations(backend, options.activations());
    try {
      return new Decoder(config, source, backend, resolved);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new ModelFormatException(source.origin() + ": " + e.getMessage(), e);
    }
  }

  private static void requireActivations(Backend backend, DType activations) {
    if (!backend.activationTypes().contains(activations)) {
      throw new DeviceException(
          DeviceException.Kind.UNSUPPORTED,
          "the %s backend has no activations of %s, only %s; choose another type or backend"
              .formatted(
                  backend.name(),
                  activations,
                  backend.activationTypes().stream()
                      .sorted()
                      .map(DType::name)
                      .collect(Collectors.joining(", "))));
    }
  }

  public DecoderConfig config() {
    return config;
  }

  /** The options in effect, context length resolved. */
  public DecoderOptions options() {
    return options;
  }

  /**
   * Runs a step.
   *
   * @return [R, V] F32 logits of the rows that asked for them, in host memory, valid until the next
   *     call
   * @throws IllegalArgumentException for a token, position, slot or page out of range; nothing has
   *     been computed then
   */
  public MemorySegment forward(Batch batch) {
    return run(batch, false);
  }

  /** As {@link #forward}, but returns [R, C]: the normed states the logits would come from. */
  public MemorySegment forwardHidden(Batch batch) {
    return run(batch, true);
  }

  private MemorySegment run(Batch batch, boolean hiddenOnly) {
    checkOpen();
    if (batch.numTokens() == 0) {
      throw new IllegalArgumentException("the batch is empty");
    }
    int rows = batch.numLogitRows();
    if (backend.prefersFewLayouts() && batch.isDecode()) {
      batch.padTo(StepLayout.bucketFor(batch.numSeqs()));
    }
    try {
      return run(batch, rows, hiddenOnly);
    } finally {
      batch.removePadding();
    }
  }

  private MemorySegment run(Batch batch, int rows, boolean hiddenOnly) {
    StepLayout layout =
        new StepLayout(
            batch.numTokens(),
            batch.numSeqs(),
            batch.numLogitRows(),
            StepLayout.columnsFor(writer.maxPages(batch)));
    Step step = step(new Key(layout, hiddenOnly));
    writer.write(batch, layout, staging.segment());
    lengths.set(batch.numSeqs(), batch.cuSeqlensQ(), batch.kvLens());
    MemorySegment inputs = staging.segment().asSlice(0, layout.size() * Integer.BYTES);
    backend.upload(inputs, step.inputs(), backend.stream());
    step.program().run(backend.stream());
    Tensor output = hiddenOnly ? step.hidden() : step.logits();
    if (output == null) {
      backend.stream().synchronize();
      return MemorySegment.NULL;
    }
    Tensor wanted = output.slice(0, 0, rows);
    results = atLeast(results, wanted.byteSize());
    MemorySegment target = results.segment().asSlice(0, wanted.byteSize());
    backend.download(wanted, target, backend.stream());
    return target;
  }

  private Step step(Key key) {
    Step known = steps.get(key);
    if (known != null) {
      return known;
    }
    long intBytes = key.layout().size() * Integer.BYTES;
    staging = atLeast(staging, intBytes);
    if (ints.byteSize() < intBytes) {
      forgetSteps();
      ints.close();
      ints = backend.allocate(Math.max(intBytes, 2 * ints.byteSize()));
    }
    long needed = builder.scratchBytes(key.layout(), ints, key.hiddenOnly());
    if (activations.byteSize() < needed) {
      forgetSteps();
      activations.close();
      activations = backend.allocate(needed);
    }
    Step step = builder.build(key.layout(), ints, activations, key.hiddenOnly(), backend);
    if (steps.size() == KEPT_STEPS) {
      steps.remove(steps.keySet().iterator().next()).close();
    }
    steps.put(key, step);
    return step;
  }

  private void forgetSteps() {
    steps.values().forEach(Step::close);
    steps.clear();
  }

  private static HostBuffer atLeast(HostBuffer buffer, long bytes) {
    if (buffer.byteSize() >= bytes) {
      return buffer;
    }
    buffer.close();
    return HostBuffer.allocate(Math.max(bytes, 2 * buffer.byteSize()));
  }

  /** Copies pages of all layers: page to[i] becomes page from[i]. */
  public void copyPages(int[] from, int[] to) {
    copy(cache.pagedTensors(), from, to, options.numPages());
  }

  /** Copies a sequence's recurrent state of all layers. */
  public void copyState(int fromSlot, int toSlot) {
    copy(cache.stateTensors(), new int[] {fromSlot}, new int[] {toSlot}, options.stateSlots());
  }

  private void copy(List<Tensor> tensors, int[] from, int[] to, int limit) {
    checkOpen();
    if (from.length != to.length) {
      throw new IllegalArgumentException(from.length + " sources, " + to.length + " targets");
    }
    for (int i = 0; i < from.length; i++) {
      if (Math.min(from[i], to[i]) < 0 || Math.max(from[i], to[i]) >= limit) {
        throw new IllegalArgumentException(
            "cannot copy %d to %d, there are %d".formatted(from[i], to[i], limit));
      }
    }
    if (tensors.isEmpty() || from.length == 0) {
      return;
    }
    try (Buffer pairs = backend.allocate(2L * from.length * Integer.BYTES);
        HostBuffer host = HostBuffer.allocate(2L * from.length * Integer.BYTES)) {
      long half = (long) from.length * Integer.BYTES;
      MemorySegment.copy(from, 0, host.segment(), ValueLayout.JAVA_INT, 0, from.length);
      MemorySegment.copy(to, 0, host.segment(), ValueLayout.JAVA_INT, half, to.length);
      Tensor both = Tensor.of(DType.I32, Shape.of(2L * from.length), pairs, 0);
      backend.upload(host.segment(), both, backend.stream());
      for (Tensor tensor : tensors) {
        backend.launch(
            new CopyPages(
                tensor, both.slice(0, 0, from.length), both.slice(0, from.length, both.dim(0))),
            backend.stream());
      }
      backend.stream().synchronize();
    }
  }

  private List<Tensor> uploadFrequencies() {
    List<Tensor> tensors = new ArrayList<>();
    for (RopeSpec rope : config.ropes()) {
      float[] frequencies = rope.inverseFrequencies(options.contextLength());
      long bytes = (long) frequencies.length * Float.BYTES;
      Buffer buffer = backend.allocate(bytes);
      ropeBuffers.add(buffer);
      Tensor tensor = Tensor.of(DType.F32, Shape.of(frequencies.length), buffer, 0);
      try (HostBuffer host = HostBuffer.allocate(bytes)) {
        MemorySegment.copy(
            frequencies, 0, host.segment(), ValueLayout.JAVA_FLOAT, 0, frequencies.length);
        backend.upload(host.segment(), tensor, backend.stream());
        backend.stream().synchronize();
      }
      tensors.add(tensor);
    }
    return tensors;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("decoder is closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      forgetSteps();
      closeAll(weights, cache, ints, staging, activations, results);
    }
  }

  private void closeAll(DecoderWeights loadedWeights, KvCache allocated, Buffer... buffers) {
    if (loadedWeights != null) {
      loadedWeights.close();
    }
    if (allocated != null) {
      allocated.close();
    }
    ropeBuffers.forEach(Buffer::close);
    for (Buffer buffer : buffers) {
      if (buffer != null) {
        buffer.close();
      }
    }
  }
}
