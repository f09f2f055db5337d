package dev.levin.engine;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CachedSequence;
import dev.levin.engine.sampling.SamplerChain;
import dev.levin.formats.tokenizer.TokenStream;
import dev.levin.models.Batch;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * One request: draws tokens from the logits that steps hand it and turns them into text. Everything
 * but {@link #cancel} runs under the engine's lock.
 */
final class GenerationJob implements LogitsJob {
  /** Tokens generated ahead of a reader who does not come back, because others run steps. */
  private static final int MAX_UNREAD_TOKENS = 32;

  private final Engine engine;
  private final Sequence sequence;
  private final Setup setup;
  private final SamplerChain sampler;
  private final StopMatcher stops;
  private final Deque<String> pieces = new ArrayDeque<>();
  private final StringBuilder answer = new StringBuilder();
  private int[] generated = new int[16];
  private int numGenerated;
  private int unreadTokens;
  private int cachedTokens;
  private boolean started;
  private long startNanos;
  private long firstTokenNanos;
  private long endNanos;
  private RuntimeException failure;
  private volatile FinishReason finishReason;
  private volatile boolean cancelled;

  /**
   * What a job is made of.
   *
   * @param prompt all tokens of the prompt; the sequence may hold a prefix of them already
   * @param echo text to yield first
   * @param endTokens ids that end the text
   * @param slide drop older tokens when the context is full, all but the first {@code keepTokens}
   * @param ownsSequence close the sequence at the end
   * @param onFinish called once at the end, under the engine's lock
   */
  record Setup(
      int[] prompt,
      String echo,
      GenerationOptions options,
      TokenStream text,
      BitSet endTokens,
      boolean slide,
      int keepTokens,
      boolean ownsSequence,
      Consumer<GenerationJob> onFinish) {}

  GenerationJob(Engine engine, Sequence sequence, Setup setup) {
    this.engine = engine;
    this.sequence = sequence;
    this.setup = setup;
    this.sampler = new SamplerChain(engine.vocabSize(), setup.options().sampling());
    this.stops = new StopMatcher(setup.options().stop());
  }

  /** The next text, or null at the end; runs steps until there is some. */
  String next() {
    while (true) {
      String piece = locked(this::poll);
      if (!piece.isEmpty()) {
        return piece;
      }
      if (isDone() && pieces.isEmpty()) {
        return null;
      }
    }
  }

  /** Text that is there, or the empty string after at most one step. */
  private String poll() {
    unreadTokens = 0;
    if (!isDone()) {
      engine.requireOpen();
      proceed();
    }
    if (pieces.isEmpty() && failure != null) {
      throw failure;
    }
    return pieces.isEmpty() ? "" : pieces.removeFirst();
  }

  private void proceed() {
    try {
      if (!started) {
        start();
      }
      if (cancelled && !isDone()) {
        finish(FinishReason.CANCELLED);
      }
      if (pieces.isEmpty() && !isDone() && !engine.step() && isReady()) {
        throw new IllegalStateException("a request waits but nothing can run");
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void start() {
    started = true;
    startNanos = System.nanoTime();
    if (!setup.echo().isEmpty()) {
      pieces.addLast(setup.echo());
    }
    for (int token : setup.prompt()) {
      sampler.accept(token);
    }
    int present = sequence.cached().length();
    sequence.append(Arrays.copyOfRange(setup.prompt(), present, setup.prompt().length));
    sequence.reopenLastToken();
    cachedTokens = sequence.cached().computed();
    if (setup.options().maxTokens() == 0) {
      finish(FinishReason.LENGTH);
    } else {
      engine.submit(this);
    }
  }

  @Override
  public CachedSequence sequence() {
    return sequence.cached();
  }

  @Override
  public boolean isReady() {
    return !isDone() && !cancelled && unreadTokens < MAX_UNREAD_TOKENS;
  }

  @Override
  public boolean choose(Batch batch) {
    return sampler.choose(batch);
  }

  @Override
  public void accept(float[] logits) {
    accept(() -> sampler.sample(logits));
  }

  @Override
  public void accept(int token) {
    accept(() -> sampler.chosen(token));
  }

  private void accept(IntSupplier choice) {
    if (cancelled) {
      finish(FinishReason.CANCELLED);
      return;
    }
    try {
      take(choice.getAsInt());
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void take(int token) {
    if (firstTokenNanos == 0) {
      firstTokenNanos = System.nanoTime();
    }
    boolean ends = setup.endTokens().get(token);
    if (ends && !setup.options().ignoreEos()) {
      finish(FinishReason.STOP);
      return;
    }
    sampler.accept(token);
    record(token);
    emit(stops.accept(setup.text().accept(token)));
    boolean full = sequence.cached().length() == engine.contextLength();
    boolean slide = full && setup.slide() && numGenerated < setup.options().maxTokens();
    if (slide) {
      dropOlderHalf();
    }
    if (!full || slide) {
      sequence.append(token);
    }
    if (stops.matched()) {
      finish(FinishReason.STOP_STRING);
    } else if (numGenerated >= setup.options().maxTokens()) {
      finish(FinishReason.LENGTH);
    } else if (full && !slide) {
      finish(FinishReason.CONTEXT_FULL);
    }
  }

  private void record(int token) {
    if (numGenerated == generated.length) {
      generated = Arrays.copyOf(generated, 2 * numGenerated);
    }
    generated[numGenerated++] = token;
    unreadTokens++;
  }

  private void emit(String text) {
    if (!text.isEmpty()) {
      answer.append(text);
      pieces.addLast(text);
    }
  }

  /** Keeps the first tokens and the later half of the others, which are computed again. */
  private void dropOlderHalf() {
    int[] tokens = sequence.cached().tokens();
    int keep = Math.min(setup.keepTokens(), tokens.length - 1);
    int dropped = Math.max(1, (tokens.length - keep) / 2);
    sequence.rollback(tokens.length - keep);
    sequence.append(Arrays.copyOfRange(tokens, keep + dropped, tokens.length));
  }

  /** Ends the generation; what is held back of its text becomes readable. */
  private void finish(FinishReason reason) {
    if (!stops.matched()) {
      emit(stops.accept(setup.text().finish()));
      emit(stops.finish());
    }
    end(reason);
  }

  @Override
  public void fail(LevinException reason) {
    fail((RuntimeException) reason);
  }

  private void fail(RuntimeException reason) {
    if (!isDone()) {
      failure = reason;
      end(FinishReason.FAILED);
    }
  }

  private void end(FinishReason reason) {
    finishReason = reason;
    endNanos = System.nanoTime();
    engine.remove(this);
    if (setup.ownsSequence()) {
      sequence.close();
    }
    setup.onFinish().accept(this);
  }

  /** Ends the generation before its next token; from any thread. */
  void cancel() {
    cancelled = true;
  }

  /** Ends the generation now and drops text that was not read. */
  void close() {
    locked(
        () -> {
          if (!isDone()) {
            finish(FinishReason.CANCELLED);
          }
          pieces.clear();
          return null;
        });
  }

  /** All generated text so far, read or not. */
  String answer() {
    return locked(answer::toString);
  }

  boolean isDone() {
    return finishReason != null;
  }

  int[] tokens() {
    return locked(() -> Arrays.copyOf(generated, numGenerated));
  }

  GenerationStats stats() {
    return locked(
        () -> {
          long now = isDone() ? endNanos : System.nanoTime();
          long promptEnd = firstTokenNanos == 0 ? now : firstTokenNanos;
          double promptSeconds = started ? (promptEnd - startNanos) / 1e9 : 0;
          return new GenerationStats(
              setup.prompt().length,
              cachedTokens,
              numGenerated,
              promptSeconds,
              (now - promptEnd) / 1e9,
              firstTokenNanos == 0 ? 0 : promptSeconds,
              finishReason);
        });
  }

  /** Under the lock of the engine, which may be closed by now. */
  private <T> T locked(Supplier<T> action) {
    engine.lock().lock();
    try {
      return action.get();
    } finally {
      engine.lock().unlock();
    }
  }
}
