package dev.levin.formats.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How pieces become text: rewriting steps, then bytes, then a strip at the start of the whole.
 *
 * @param steps applied in order
 * @param coding how a rewritten piece spells bytes
 * @param verbatimTokens leaves control, unknown and user-defined tokens unwritten by the steps
 * @param stripCharacter ASCII character that {@code stripCount} speaks of
 * @param stripCount how many of them a text loses at its start if it has them
 */
record Detokenizer(
    List<Step> steps, Coding coding, boolean verbatimTokens, char stripCharacter, int stripCount) {
  /** What a piece's characters stand for. */
  enum Coding {
    TEXT,
    BYTE_LEVEL,
    BYTE_FALLBACK
  }

  /** Rewrites one piece. */
  interface Step {
    /**
     * @param first whether it is the first piece of the text
     */
    String apply(String piece, boolean first);
  }

  byte[] bytes(String piece, TokenKind kind, boolean first) {
    if (kind.isVerbatim() && verbatimTokens) {
      return piece.getBytes(StandardCharsets.UTF_8);
    }
    String text = piece;
    for (Step step : steps) {
      text = step.apply(text, first);
    }
    return kind.isVerbatim() ? text.getBytes(StandardCharsets.UTF_8) : spell(text);
  }

  private byte[] spell(String text) {
    return switch (coding) {
      case TEXT -> text.getBytes(StandardCharsets.UTF_8);
      case BYTE_LEVEL -> ByteLevelAlphabet.decode(text);
      case BYTE_FALLBACK -> {
        int value = Vocabulary.byteValue(text);
        yield value < 0 ? text.getBytes(StandardCharsets.UTF_8) : new byte[] {(byte) value};
      }
    };
  }
}
