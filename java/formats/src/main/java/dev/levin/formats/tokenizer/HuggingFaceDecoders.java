package dev.levin.formats.tokenizer;

import dev.levin.formats.tokenizer.Detokenizer.Coding;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code decoder} of tokenizer.json. */
final class HuggingFaceDecoders {
  private final List<Detokenizer.Step> steps = new ArrayList<>();
  private Coding coding = Coding.TEXT;
  private boolean fused;
  private char stripCharacter = ' ';
  private int stripCount;

  private HuggingFaceDecoders() {}

  /** Without a decoder pieces are set apart by spaces. */
  static Detokenizer read(JsonField field) {
    HuggingFaceDecoders reader = new HuggingFaceDecoders();
    if (field.isPresent()) {
      reader.add(field);
    } else {
      reader.steps.add((piece, first) -> first ? piece : " " + piece);
    }
    return new Detokenizer(
        List.copyOf(reader.steps), reader.coding, false, reader.stripCharacter, reader.stripCount);
  }

  private void add(JsonField field) {
    switch (field.type()) {
      case "Sequence" -> field.get("decoders").elements().forEach(this::add);
      case "ByteLevel" -> coding = Coding.BYTE_LEVEL;
      case "ByteFallback" -> coding = Coding.BYTE_FALLBACK;
      case "Fuse" -> fused = true;
      case "Replace" -> steps.add(replace(field));
      case "Metaspace" -> metaspace(field);
      case "WordPiece" -> steps.add(wordPiece(field));
      case "Strip" -> strip(field);
      default -> throw field.unsupportedType();
    }
  }

  private static Detokenizer.Step replace(JsonField field) {
    String content = field.get("content").string();
    JsonField literal = field.get("pattern").get("String");
    if (literal.isPresent()) {
      String search = literal.string();
      return (piece, first) -> piece.replace(search, content);
    }
    SplitPattern pattern = HuggingFacePreTokenizers.pattern(field.get("pattern"));
    return (piece, first) -> pattern.replaceAll(piece, content);
  }

  private void metaspace(JsonField field) {
    String mark = field.get("replacement").string();
    steps.add((piece, first) -> piece.replace(mark, " "));
    String legacy = field.get("add_prefix_space").bool(true) ? "always" : "never";
    stripCount = field.get("prepend_scheme").string(legacy).equals("never") ? 0 : 1;
  }

  private static Detokenizer.Step wordPiece(JsonField field) {
    String mark = field.get("prefix").string("##");
    boolean cleanup = field.get("cleanup").bool(true);
    return (piece, first) -> {
      String text = piece;
      if (!first) {
        text = piece.startsWith(mark) ? piece.substring(mark.length()) : " " + piece;
      }
      return cleanup ? cleanUp(text) : text;
    };
  }

  /** Joins punctuation and English contractions to the word before them. */
  private static String cleanUp(String text) {
    return text.replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" do not", " don't")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }

  /** Before the pieces are fused each one is stripped, afterwards the text. */
  private void strip(JsonField field) {
    String content = field.get("content").string();
    if (content.length() != 1 || content.charAt(0) > 0x7f) {
      throw field.get("content").error("is not one ASCII character");
    }
    char character = content.charAt(0);
    int start = field.get("start").integer(0);
    int stop = field.get("stop").integer(0);
    if (!fused) {
      steps.add((piece, first) -> stripPiece(piece, character, start, stop));
      return;
    }
    if (stop != 0) {
      throw field.get("stop").error("is " + stop + "; only the start of a text can be stripped");
    }
    stripCharacter = character;
    stripCount = Math.max(0, start);
  }

  private static String stripPiece(String piece, char character, int start, int stop) {
    int from = 0;
    int to = piece.length();
    while (from < to && from < start && piece.charAt(from) == character) {
      from++;
    }
    while (to > from && piece.length() - to < stop && piece.charAt(to - 1) == character) {
      to--;
    }
    return piece.substring(from, to);
  }
}
