package dev.levin.engine;

import dev.levin.formats.ModelSource;
import dev.levin.formats.template.ChatMessage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/** Makes the jobs of one model. */
final class GenerationFactory {
  private final ModelSource source;
  private final Engine engine;
  private final boolean slide;
  private final int keepTokens;
  private final BitSet endTokens = new BitSet();

  GenerationFactory(ModelSource source, Engine engine, boolean slide, int keepTokens) {
    this.source = source;
    this.engine = engine;
    this.slide = slide;
    this.keepTokens = keepTokens;
    source.endTokens().forEach(endTokens::set);
    if (source.hasTokenizer()) {
      source.tokenizer().endIds().forEach(endTokens::set);
    }
  }

  Engine engine() {
    return engine;
  }

  /** A generation over a sequence of its own. */
  Generation start(int[] prompt, String promptText, GenerationOptions options) {
    engine.requireRunnable(prompt);
    Sequence sequence = engine.newSequence();
    return new Generation(job(sequence, prompt, promptText, options, true, job -> {}));
  }

  /** A job over a session's sequence, which holds a beginning of the prompt. */
  GenerationJob continuing(
      Sequence sequence,
      Prompts.Chat prompt,
      GenerationOptions options,
      Consumer<GenerationJob> onFinish) {
    engine.requireRunnable(prompt.tokens());
    return job(sequence, prompt.tokens(), prompt.text(), options, false, onFinish);
  }

  /**
   * The prompt of a chat. Under a sliding context the oldest turns are left out when it would not
   * fit, so that three quarters of the context are filled.
   */
  Prompts.Chat fit(Prompts prompts, List<ChatMessage> messages, GenerationOptions options) {
    Prompts.Chat prompt = prompts.chat(messages, options);
    if (!slide || prompt.tokens().length <= engine.contextLength()) {
      return prompt;
    }
    List<ChatMessage> kept = new ArrayList<>(messages);
    while (prompt.tokens().length > engine.contextLength() / 4 * 3 && dropOldestTurn(kept)) {
      prompt = prompts.chat(kept, options);
    }
    return prompt;
  }

  /** Removes the oldest message that is no instruction, and all up to the next of the user. */
  private static boolean dropOldestTurn(List<ChatMessage> messages) {
    int first = 0;
    while (first < messages.size() && isInstruction(messages.get(first))) {
      first++;
    }
    int next = first + 1;
    while (next < messages.size() && !hasRole(messages.get(next), "user")) {
      next++;
    }
    if (next >= messages.size()) {
      return false;
    }
    messages.subList(first, next).clear();
    return true;
  }

  private static boolean isInstruction(ChatMessage message) {
    return hasRole(message, "system") || hasRole(message, "developer");
  }

  private static boolean hasRole(ChatMessage message, String role) {
    return role.equals(message.fields().get("role"));
  }

  private GenerationJob job(
      Sequence sequence,
      int[] prompt,
      String promptText,
      GenerationOptions options,
      boolean ownsSequence,
      Consumer<GenerationJob> onFinish) {
    return new GenerationJob(
        engine,
        sequence,
        new GenerationJob.Setup(
            prompt,
            options.echo() ? promptText : "",
            options,
            source.tokenizer().stream(true),
            endTokens,
            slide,
            keepTokens,
            ownsSequence,
            onFinish));
  }
}
