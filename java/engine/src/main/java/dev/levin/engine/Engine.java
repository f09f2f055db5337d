package dev.levin.engine;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CachedSequence;
import dev.levin.engine.kvcache.KvCache;
import dev.levin.engine.kvcache.KvLayout;
import dev.levin.engine.scheduler.Job;
import dev.levin.engine.scheduler.Scheduler;
import dev.levin.engine.scheduler.StepPlan;
import dev.levin.models.Batch;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Runs sequences through a decoder, many in one ragged step, over one pool of KV pages.
 *
 * <p>Steps run one at a time under a lock; any thread may call. Requests of {@link Llm} are jobs:
 * whoever needs a token runs a step for all of them. Beside that, {@link #newSequence()}, {@link
 * #logits} and {@link #step(List)} give direct control. A sequence's logits do not depend on its
 * company, on chunking, or on whether it was forked, rolled back or evicted in between.
 */
public final class Engine implements AutoCloseable {
  /** 64 MiB of logits. */
  private static final int MAX_LOGIT_VALUES = 1 << 24;

  private final ForwardPass forward;
  private final EngineLimits limits;
  private final KvCache cache;
  private final Scheduler scheduler;
  private final Batch batch = new Batch();
  private final float[] jobLogits;

  /** Logits of rows that others in the same step do not need. */
  private final float[][] rowLogits;

  private final int[] tokens;

  /** Rows of the batch whose token the device chooses. */
  private final BitSet chosenRows = new BitSet();

  private final ReentrantLock lock = new ReentrantLock(true);
  private boolean inStep;
  private volatile boolean closed;

  Engine(ForwardPass forward, EngineLimits limits) {
    this.forward = forward;
    this.limits = limits;
    this.cache = new KvCache(limits.layout(), forward);
    this.scheduler = new Scheduler(cache, limits.maxTokensPerStep(), limits.maxSequences());
    this.jobLogits = new float[limits.vocabSize()];
    this.rowLogits = new float[limits.maxSequences()][];
    this.tokens = new int[limits.maxSequences()];
  }

  /**
   * An engine over a loaded decoder, which it owns from then on.
   *
   * @param maxTokensPerStep tokens of all sequences in one step; longer prompts run in chunks
   * @param maxSequences requests in one step
   */
  public static Engine of(Decoder decoder, int maxTokensPerStep, int maxSequences) {
    DecoderConfig config = decoder.config();
    DecoderOptions options = decoder.options();
    int slots = config.hasRecurrentState() ? options.stateSlots() : 0;
    return new Engine(
        new DecoderPass(decoder),
        new EngineLimits(
            config.vocabSize(),
            config.hiddenSize(),
            options.contextLength(),
            maxTokensPerStep,
            maxSequences,
            new KvLayout(options.pageSize(), options.numPages(), slots)));
  }

  /** Longest sequence in tokens. */
  public int contextLength() {
    return limits.contextLength();
  }

  public int vocabSize() {
    return limits.vocabSize();
  }

  /** Pages that no sequence holds. */
  public int freePages() {
    return locked(cache::freePages);
  }

  /** Slots for recurrent state that no sequence holds; 0 for models without any. */
  public int freeStateSlots() {
    return locked(cache::freeStateSlots);
  }

  /** An empty sequence; the caller closes it. */
  public Sequence newSequence() {
    return locked(() -> new Sequence(this, cache.newSequence()));
  }

  /**
   * Computes what is pending and returns the logits that follow the last token.
   *
   * @return [V], the sequence's own array: overwritten by its next step
   */
  public float[] logits(Sequence sequence) {
    return step(List.of(sequence))[0];
  }

  /**
   * Computes what is pending of several sequences, all in one ragged step as long as it does not
   * exceed the step's token budget.
   *
   * @param sequences distinct, not empty
   * @return [B][V] logits that follow each last token; the sequences' own arrays
   */
  public float[][] step(List<Sequence> sequences) {
    return locked(
        () -> {
          requireNoStep();
          List<CachedSequence> cached = sequences.stream().map(this::prepare).toList();
          if (new HashSet<>(cached).size() != cached.size()) {
            throw new IllegalArgumentException("a sequence is given twice");
          }
          StepPlan plan = scheduler.plan(cached);
          while (!plan.isEmpty()) {
            run(plan, sequences);
            plan = scheduler.plan(cached);
          }
          return sequences.stream().map(Sequence::currentLogits).toArray(float[][]::new);
        });
  }

  /**
   * Takes the logits of a row; the array is reused for the next one. Called within a step, so it
   * cannot run another.
   */
  @FunctionalInterface
  public interface LogitsConsumer {
    void accept(int position, float[] logits);
  }

  /**
   * Logits [V] after every one of {@code tokens}, in order.
   *
   * @param chunk most tokens in one forward pass; 0 for as many as a step holds, which bounds it
   *     anyway
   */
  public void forEachLogits(int[] tokens, int chunk, LogitsConsumer consumer) {
    float[] row = new float[limits.vocabSize()];
    forEachChunk(
        tokens,
        chunk,
        true,
        (start, count) -> {
          MemorySegment rows = forward.logits(batch);
          for (int i = 0; i < count; i++) {
            copyRow(rows, i, row);
            consumer.accept(start + i, row);
          }
        });
  }

  /** The hidden state [C] of the last token, after the final norm. */
  public float[] lastHidden(int[] tokens) {
    float[] hidden = new float[limits.hiddenSize()];
    forEachChunk(
        tokens,
        0,
        false,
        (start, count) -> {
          MemorySegment rows = forward.hidden(batch);
          if (start + count == tokens.length) {
            copyRow(rows, 0, hidden);
          }
        });
    return hidden;
  }

  @FunctionalInterface
  private interface ChunkRunner {
    void run(int start, int count);
  }

  private void forEachChunk(int[] tokens, int chunk, boolean everyRow, ChunkRunner runner) {
    int most = everyRow ? rowsPerStep() : limits.maxTokensPerStep();
    int limit = chunk < 1 ? most : Math.min(chunk, most);
    try (Sequence sequence = newSequence()) {
      sequence.append(tokens);
      for (int start = 0; start < tokens.length; ) {
        int from = start;
        start += locked(() -> runChunk(sequence.cached(), from, limit, everyRow, runner));
      }
    }
  }

  /** Rows of logits in one step, so that they take bounded memory at any vocabulary size. */
  private int rowsPerStep() {
    int rows = Math.max(1, MAX_LOGIT_VALUES / limits.vocabSize());
    return Math.min(rows, limits.maxTokensPerStep());
  }

  private int runChunk(
      CachedSequence sequence, int from, int limit, boolean everyRow, ChunkRunner runner) {
    requireNoStep();
    // Between two chunks the needs of other sequences may have pushed out the earlier ones.
    while (sequence.computed() < from) {
      StepPlan plan = scheduler.plan(sequence, from - sequence.computed());
      fillBatch(plan, false);
      launch(plan, () -> forward.logits(batch));
    }
    StepPlan plan = scheduler.plan(sequence, Math.min(limit, sequence.pending()));
    int count = plan.numTokens();
    fillBatch(plan, everyRow);
    launch(
        plan,
        () -> {
          runner.run(from, count);
          return null;
        });
    return count;
  }

  /** Puts a job in the queue. */
  void submit(Job job) {
    locked(
        () -> {
          scheduler.add(job);
          return null;
        });
  }

  /** Takes a job off the queue. */
  void remove(Job job) {
    lock.lock();
    try {
      scheduler.remove(job);
    } finally {
      lock.unlock();
    }
  }

  /** Runs one step of the queued jobs; false when none was ready. */
  boolean step() {
    return locked(
        () -> {
          requireNoStep();
          StepPlan plan = scheduler.plan();
          if (plan.isEmpty()) {
            return false;
          }
          run(plan, null);
          return true;
        });
  }

  /** The lock that every use of a sequence or job holds. */
  ReentrantLock lock() {
    return lock;
  }

  EngineLimits limits() {
    return limits;
  }

  /** Runs {@code action} under the lock of an open engine. */
  <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      requireOpen();
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  private CachedSequence prepare(Sequence sequence) {
    if (sequence.engine() != this) {
      throw new IllegalArgumentException("the sequence belongs to another engine");
    }
    sequence.prepareForLogits();
    return sequence.cached();
  }

  private void run(StepPlan plan, List<Sequence> direct) {
    fillBatch(plan, false);
    if (chosenRows.isEmpty()) {
      deliver(plan, launch(plan, () -> forward.logits(batch)), direct);
    } else {
      launch(plan, this::choose);
      deliverChosen(plan);
    }
  }

  private MemorySegment choose() {
    MemorySegment ids = forward.choose(batch);
    int rows = batch.numLogitRows();
    MemorySegment.copy(ids, ValueLayout.JAVA_INT, 0, tokens, 0, rows);
    for (int r = chosenRows.nextClearBit(0); r < rows; r = chosenRows.nextClearBit(r + 1)) {
      if (rowLogits[r] == null) {
        rowLogits[r] = new float[limits.vocabSize()];
      }
      copyRow(forward.chosenLogits(r), 0, rowLogits[r]);
    }
    return ids;
  }

  private void deliverChosen(StepPlan plan) {
    int row = 0;
    for (int i = 0; i < plan.size(); i++) {
      if (plan.sequence(i).pending() == 0) {
        LogitsJob job = (LogitsJob) plan.job(i);
        if (chosenRows.get(row)) {
          job.accept(tokens[row]);
        } else {
          job.accept(rowLogits[row]);
        }
        row++;
      }
    }
  }

  private void deliver(StepPlan plan, MemorySegment logits, List<Sequence> direct) {
    int row = 0;
    for (int i = 0; i < plan.size(); i++) {
      CachedSequence sequence = plan.sequence(i);
      if (sequence.pending() == 0) {
        deliver(logits, row++, plan.job(i), sequence, direct);
      }
    }
  }

  private void deliver(
      MemorySegment logits, int row, Job job, CachedSequence sequence, List<Sequence> direct) {
    if (job != null) {
      copyRow(logits, row, jobLogits);
      ((LogitsJob) job).accept(jobLogits);
      return;
    }
    for (Sequence candidate : direct) {
      if (candidate.cached() == sequence) {
        copyRow(logits, row, candidate.logitsToFill());
      }
    }
  }

  private void requireNoStep() {
    if (inStep) {
      throw new IllegalStateException("a step cannot be run from within a step");
    }
  }

  /** Runs the device on a planned step; when it fails, nothing of it counts as cached any more. */
  private MemorySegment launch(StepPlan plan, Supplier<MemorySegment> device) {
    boolean done = false;
    inStep = true;
    try {
      MemorySegment rows = device.get();
      done = true;
      return rows;
    } finally {
      inStep = false;
      for (int i = 0; i < plan.size(); i++) {
        if (done) {
          plan.sequence(i).advance(plan.count(i));
        } else {
          plan.sequence(i).evict();
        }
      }
    }
  }

  private void fillBatch(StepPlan plan, boolean everyRow) {
    batch.clear();
    chosenRows.clear();
    for (int i = 0; i < plan.size(); i++) {
      CachedSequence sequence = plan.sequence(i);
      addToBatch(sequence, plan.count(i), everyRow);
      boolean complete = plan.count(i) == sequence.pending();
      if (complete
          && forward.canChoose()
          && plan.job(i) instanceof LogitsJob job
          && job.choose(batch)) {
        chosenRows.set(batch.numLogitRows() - 1);
      }
    }
  }

  private void addToBatch(CachedSequence sequence, int count, boolean everyRow) {
    int start = sequence.computed();
    int last = sequence.length() - 1;
    batch.addSequence(start + count, sequence.pages(), sequence.stateSlot());
    for (int position = start; position < start + count; position++) {
      boolean wanted = everyRow || position == last;
      batch.addToken(sequence.token(position), position, sequence.slot(position), wanted);
    }
  }

  private static void copyRow(MemorySegment rows, int row, float[] target) {
    long offset = (long) row * target.length * Float.BYTES;
    MemorySegment.copy(rows, ValueLayout.JAVA_FLOAT, offset, target, 0, target.length);
  }

  /** Checks tokens that are about to be a sequence of their own. */
  void requireRunnable(int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("there are no tokens");
    }
    requireTokens(tokens);
    requireContext(tokens.length);
  }

  void requireTokens(int[] tokens) {
    for (int token : tokens) {
      if (token < 0 || token >= limits.vocabSize()) {
        throw new IllegalArgumentException(
            "token id %d is outside the vocabulary of %d".formatted(token, limits.vocabSize()));
      }
    }
  }

  void requireContext(int tokens) {
    if (tokens > limits.contextLength()) {
      throw new LevinException(
          "%d tokens exceed the context of %d; shorten the prompt or load with a larger contextLength"
              .formatted(tokens, limits.contextLength()));
    }
  }

  /** Frees the decoder. Closing again does nothing; sequences and jobs are dead from then on. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        forward.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
