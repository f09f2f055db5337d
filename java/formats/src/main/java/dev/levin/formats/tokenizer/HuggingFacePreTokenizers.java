package dev.levin.formats.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code pre_tokenizer} of tokenizer.json. */
final class HuggingFacePreTokenizers {
  private static final String PUNCTUATION = "[\\p{P}!-/:-@\\[-`{-~]";

  private HuggingFacePreTokenizers() {}

  static PreTokenizer read(JsonField field) {
    if (!field.isPresent()) {
      return PreTokenizer.WHOLE;
    }
    return switch (field.type()) {
      case "Sequence" -> sequence(field.get("pretokenizers"));
      case "ByteLevel" -> byteLevel(field);
      case "Split" -> split(field);
      case "Whitespace" -> builtIn("\\w+|[^\\w\\s]+", SplitBehavior.REMOVED, true);
      case "WhitespaceSplit" -> builtIn("\\s+", SplitBehavior.REMOVED, false);
      case "Digits" -> digits(field.get("individual_digits").bool(false));
      case "Punctuation" ->
          builtIn(PUNCTUATION, behavior(field.get("behavior"), SplitBehavior.ISOLATED), false);
      case "Metaspace" -> metaspace(field);
      case "BertPreTokenizer" -> bert();
      case "CharDelimiterSplit" ->
          PreTokenizer.split(
              SplitPattern.literal(nonEmpty(field.get("delimiter"))), SplitBehavior.REMOVED, false);
      default -> throw field.unsupportedType();
    };
  }

  /** Cuts at white space and sets every punctuation character apart. */
  static PreTokenizer bert() {
    return PreTokenizer.sequence(
        List.of(
            builtIn("\\s+", SplitBehavior.REMOVED, false),
            builtIn(PUNCTUATION, SplitBehavior.ISOLATED, false)));
  }

  /** A {@code pattern} object: {@code {"Regex": …}} or {@code {"String": …}}. */
  static SplitPattern pattern(JsonField field) {
    JsonField literal = field.get("String");
    if (literal.isPresent()) {
      return SplitPattern.literal(nonEmpty(literal));
    }
    JsonField regex = field.get("Regex");
    return SplitPattern.regex(
        regex.file() + ": '" + regex.path() + "'", OnigurumaSyntax.toJava(regex.string()));
  }

  private static PreTokenizer sequence(JsonField parts) {
    List<PreTokenizer> steps = new ArrayList<>();
    for (JsonField part : parts.elements()) {
      steps.add(read(part));
    }
    return PreTokenizer.sequence(steps);
  }

  private static PreTokenizer split(JsonField field) {
    return PreTokenizer.split(
        pattern(field.get("pattern")),
        behavior(field.get("behavior"), SplitBehavior.ISOLATED),
        field.get("invert").bool(false));
  }

  private static PreTokenizer byteLevel(JsonField field) {
    PreTokenizer bytes = PreTokenizer.byteLevel(false);
    PreTokenizer words =
        field.get("use_regex").bool(true)
            ? PreTokenizer.sequence(
                List.of(builtIn(GgufPreTokenizers.GPT2, SplitBehavior.ISOLATED, false), bytes))
            : bytes;
    if (!field.get("add_prefix_space").bool(true)) {
      return words;
    }
    return (text, first, sink) ->
        words.split(text.startsWith(" ") ? text : " " + text, first, sink);
  }

  private static PreTokenizer digits(boolean individual) {
    return builtIn("\\p{N}", individual ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS, false);
  }

  private static PreTokenizer metaspace(JsonField field) {
    String mark = nonEmpty(field.get("replacement"));
    String legacy = field.get("add_prefix_space").bool(true) ? "always" : "never";
    JsonField schemeField = field.get("prepend_scheme");
    String scheme = schemeField.string(legacy);
    if (!List.of("always", "first", "never").contains(scheme)) {
      throw schemeField.error("is '" + scheme + "'; always, first and never are known");
    }
    PreTokenizer marked =
        (text, first, sink) -> {
          String spaced = text.replace(" ", mark);
          boolean prepend = scheme.equals("always") || scheme.equals("first") && first;
          sink.accept(prepend && !spaced.startsWith(mark) ? mark + spaced : spaced, first);
        };
    if (!field.get("split").bool(true)) {
      return marked;
    }
    SplitPattern marks = SplitPattern.literal(mark);
    return PreTokenizer.sequence(
        List.of(marked, PreTokenizer.split(marks, SplitBehavior.MERGED_WITH_NEXT, false)));
  }

  private static PreTokenizer builtIn(String regex, SplitBehavior behavior, boolean invert) {
    return PreTokenizer.split(SplitPattern.regex("built-in", regex), behavior, invert);
  }

  private static SplitBehavior behavior(JsonField field, SplitBehavior otherwise) {
    String name = field.string(otherwise.jsonName());
    for (SplitBehavior behavior : SplitBehavior.values()) {
      if (behavior.jsonName().equals(name)) {
        return behavior;
      }
    }
    throw field.error("is '" + name + "', which is not a known behaviour");
  }

  private static String nonEmpty(JsonField field) {
    String text = field.string();
    if (text.isEmpty()) {
      throw field.error("is empty");
    }
    return text;
  }
}
