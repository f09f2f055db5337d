package dev.levin.formats.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Tokens known by their text to end a text or a turn, whatever a file says about them. */
final class EndTokens {
  private static final List<String> TEXTS =
      List.of(
          "<|eot_id|>",
          "<|eom_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|calls|>",
          "<|flush|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "</s>",
          "<eos>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<end_of_utterance>",
          "<turn|>",
          "<|tool_response>",
          "<｜end▁of▁sentence｜>",
          "<|fim_pad|>",
          "<fim-pad>",
          "<fim_pad>",
          "<|fim_repo|>",
          "<|repo_name|>",
          "<fim-repo>",
          "<reponame>",
          "<|file_sep|>");

  private EndTokens() {}

  /** Ids of known end tokens that a vocabulary has. */
  static List<Integer> known(Vocabulary vocabulary) {
    List<Integer> ids = new ArrayList<>();
    for (String text : TEXTS) {
      vocabulary.find(text).ifPresent(ids::add);
    }
    return ids;
  }

  /**
   * Puts together the ids that end a text: the known ones that are control tokens, and those the
   * file names.
   */
  static Set<Integer> of(Vocabulary vocabulary, Iterable<Integer> named) {
    Set<Integer> ends = new TreeSet<>();
    for (int id : known(vocabulary)) {
      if (vocabulary.kind(id) == TokenKind.CONTROL) {
        ends.add(id);
      }
    }
    // in formats with separate ends of calls and answers, <|end|> only ends a message inside a turn
    boolean ownEnds =
        hasAny(vocabulary, "<|call|>", "<|calls|>")
            && hasAny(vocabulary, "<|return|>", "<|flush|>");
    if (ownEnds) {
      ends.remove(vocabulary.id("<|end|>"));
    }
    if (hasAny(vocabulary, "<|tool_response>")) {
      ends.remove(vocabulary.id("</s>"));
    }
    named.forEach(ends::add);
    return Set.copyOf(ends);
  }

  private static boolean hasAny(Vocabulary vocabulary, String... texts) {
    for (String text : texts) {
      if (vocabulary.id(text) != Vocabulary.ABSENT) {
        return true;
      }
    }
    return false;
  }
}
