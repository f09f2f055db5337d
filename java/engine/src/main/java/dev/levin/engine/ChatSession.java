package dev.levin.engine;

import dev.levin.engine.kvcache.CachedSequence;
import dev.levin.formats.template.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A conversation that remembers. Each turn computes only what the cache does not hold from earlier
 * ones. One answer at a time; close the session to free its cache.
 */
public final class ChatSession implements AutoCloseable {
  private final Prompts prompts;
  private final GenerationFactory generations;
  private final Engine engine;
  private final Sequence sequence;
  private final GenerationOptions options;
  private final List<ChatMessage> history;
  private GenerationJob running;

  ChatSession(
      Prompts prompts,
      GenerationFactory generations,
      List<ChatMessage> history,
      GenerationOptions options) {
    this.prompts = prompts;
    this.generations = generations;
    this.engine = generations.engine();
    this.sequence = engine.newSequence();
    this.options = options;
    this.history = new ArrayList<>(history);
  }

  /** A message of the user and the answer to it, with the session's options. */
  public Generation send(String text) {
    return send(ChatMessage.user(text), options);
  }

  /** A message of the user and the answer to it. */
  public Generation send(String text, GenerationOptions options) {
    return send(ChatMessage.user(text), options);
  }

  /**
   * Adds a message and generates the answer, which joins the history when it ends. An answer that
   * was cancelled joins as far as it came; when one fails the message is taken back.
   *
   * @throws IllegalStateException while an answer is being generated
   * @throws dev.levin.core.LevinException when the conversation no longer fits the context and the
   *     model was not loaded with a sliding one; the history is as before
   */
  public Generation send(ChatMessage message, GenerationOptions options) {
    return engine.locked(
        () -> {
          requireIdle();
          List<ChatMessage> messages = new ArrayList<>(history);
          messages.add(message);
          Prompts.Chat prompt = generations.fit(prompts, messages, options);
          keepCommonPrefix(prompt.tokens());
          running =
              generations.continuing(sequence, prompt, options, job -> finished(job, message));
          return new Generation(running);
        });
  }

  /** The messages so far, oldest first; a copy. */
  public List<ChatMessage> history() {
    return engine.locked(() -> List.copyOf(history));
  }

  /**
   * Replaces the history, for example to leave out the last turn or to start over. What it shares
   * with the cache is still not computed again.
   */
  public void setHistory(List<ChatMessage> messages) {
    List<ChatMessage> copy = List.copyOf(messages);
    engine.locked(
        () -> {
          requireIdle();
          history.clear();
          return history.addAll(copy);
        });
  }

  /** Ends a running answer and frees the cache. Closing again does nothing. */
  @Override
  public void close() {
    ReentrantLock lock = engine.lock();
    lock.lock();
    try {
      if (running != null) {
        running.close();
      }
      sequence.close();
    } finally {
      lock.unlock();
    }
  }

  private void requireIdle() {
    if (running != null && !running.isDone()) {
      throw new IllegalStateException("an answer is being generated; close it first");
    }
  }

  private void finished(GenerationJob job, ChatMessage message) {
    if (job.stats().finishReason() != FinishReason.FAILED) {
      history.add(message);
      history.add(ChatMessage.assistant(job.answer()));
    }
  }

  /** Takes back whatever follows the longest beginning that the prompt shares with the cache. */
  private void keepCommonPrefix(int[] prompt) {
    CachedSequence cached = sequence.cached();
    int common = 0;
    int most = Math.min(prompt.length, cached.length());
    while (common < most && cached.token(common) == prompt[common]) {
      common++;
    }
    sequence.rollback(cached.length() - common);
  }
}
