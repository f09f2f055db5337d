package dev.levin.engine;

import dev.levin.core.LevinException;
import dev.levin.formats.ModelSource;
import dev.levin.formats.template.ChatMessage;
import dev.levin.formats.template.ChatTemplate;
import dev.levin.formats.template.RenderOptions;
import dev.levin.formats.tokenizer.Tokenizer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Turns texts and messages into the tokens of a prompt, as one model wants them. Thread-safe. */
final class Prompts {
  private final ModelSource source;
  private ChatTemplate template;
  private MessageGuard guard;

  Prompts(ModelSource source) {
    this.source = source;
  }

  /** A text to be continued; a BOS comes first where the model wants one. */
  int[] raw(String text, GenerationOptions options) {
    int[] ids = source.tokenizer().encode(text, false, options.parseSpecial());
    return options.addSpecial() ? withBos(ids) : ids;
  }

  /** The prompt of a chat and its tokens. */
  record Chat(String text, int[] tokens) {}

  /** Messages through the model's template, with the header of the assistant's turn. */
  Chat chat(List<ChatMessage> messages, GenerationOptions options) {
    if (options.parseSpecialInMessages()) {
      String text = render(messages, options.tools(), options, true);
      return new Chat(text, withBos(source.tokenizer().encode(text, false, true)));
    }
    MessageGuard.Guarded guarded = guard().guard(messages, options.tools());
    String text = render(guarded.messages(), guarded.tools(), options, true);
    List<String> parts = MessageGuard.split(text, guarded.mark());
    List<int[]> ids = new ArrayList<>();
    for (String part : parts) {
      ids.add(source.tokenizer().encode(part, false, true));
    }
    return new Chat(String.join("", parts), withBos(concatenate(ids)));
  }

  /** The text that a template makes of messages. */
  String render(
      List<ChatMessage> messages, GenerationOptions options, boolean addGenerationPrompt) {
    return render(messages, options.tools(), options, addGenerationPrompt);
  }

  private String render(
      List<ChatMessage> messages,
      List<Map<String, Object>> tools,
      GenerationOptions options,
      boolean addGenerationPrompt) {
    Tokenizer tokenizer = source.tokenizer();
    return template()
        .render(
            messages,
            new RenderOptions(
                tools,
                addGenerationPrompt,
                spelling(tokenizer, tokenizer.bosId()),
                spelling(tokenizer, tokenizer.eosId()),
                Clock.systemDefaultZone(),
                options.templateVariables()));
  }

  private static String spelling(Tokenizer tokenizer, OptionalInt id) {
    return id.isPresent() ? tokenizer.piece(id.getAsInt()) : null;
  }

  private synchronized ChatTemplate template() {
    if (template == null) {
      String text =
          source
              .chatTemplate()
              .orElseThrow(
                  () ->
                      new LevinException(
                          source.origin()
                              + ": the model has no chat template; use it for plain completion"));
      template = ChatTemplate.parse(source.origin() + ": chat template", text);
    }
    return template;
  }

  private synchronized MessageGuard guard() {
    if (guard == null) {
      guard = new MessageGuard(source.tokenizer());
    }
    return guard;
  }

  /** Puts a BOS first when the tokenizer would and there is none yet. */
  private int[] withBos(int[] ids) {
    OptionalInt bos = source.tokenizer().bosId();
    if (bos.isEmpty() || (ids.length > 0 && ids[0] == bos.getAsInt())) {
      return ids;
    }
    int[] around = source.tokenizer().encode("", true, false);
    if (around.length == 0 || around[0] != bos.getAsInt()) {
      return ids;
    }
    return concatenate(List.of(new int[] {bos.getAsInt()}, ids));
  }

  private static int[] concatenate(List<int[]> parts) {
    int[] all = new int[parts.stream().mapToInt(part -> part.length).sum()];
    int end = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, end, part.length);
      end += part.length;
    }
    return all;
  }
}
