package dev.levin.formats.tokenizer;

import dev.levin.core.ModelFormatException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** A compiled pattern that cuts a text into matches and what lies between them. */
final class SplitPattern {
  /** Oniguruma's reading: Unicode classes, {@code ^ $} at every line, only \n ends a line. */
  private static final int FLAGS =
      Pattern.UNICODE_CHARACTER_CLASS | Pattern.MULTILINE | Pattern.UNIX_LINES;

  private final String origin;
  private final Pattern pattern;

  private SplitPattern(String origin, Pattern pattern) {
    this.origin = origin;
    this.pattern = pattern;
  }

  /**
   * @param origin where the expression comes from, for messages
   * @param expression in the syntax of java.util.regex
   */
  static SplitPattern regex(String origin, String expression) {
    try {
      return new SplitPattern(origin, Pattern.compile(expression, FLAGS));
    } catch (PatternSyntaxException e) {
      throw new ModelFormatException(
          origin
              + ": the pattern is not understood: "
              + e.getDescription()
              + " at "
              + e.getIndex()
              + " of '"
              + expression
              + "'",
          e);
    } catch (StackOverflowError e) {
      throw new ModelFormatException(origin + ": the pattern is nested too deeply", e);
    }
  }

  static SplitPattern literal(String text) {
    return new SplitPattern("literal", Pattern.compile(Pattern.quote(text)));
  }

  /** Takes the parts of a text in order; together they are the text. */
  interface Sink {
    /** A part; a match may be empty. */
    void range(int start, int end, boolean match);
  }

  /**
   * @throws ModelFormatException when the pattern needs unreasonable time or depth for this text
   */
  void split(String text, Sink sink) {
    Matcher matcher = pattern.matcher(new GuardedText(text));
    int covered = 0;
    while (find(matcher)) {
      if (matcher.start() > covered) {
        sink.range(covered, matcher.start(), false);
      }
      sink.range(matcher.start(), matcher.end(), true);
      covered = matcher.end();
    }
    if (covered < text.length()) {
      sink.range(covered, text.length(), false);
    }
  }

  /** Replaces every match; {@code $} and backslashes in the replacement mean themselves. */
  String replaceAll(String text, String replacement) {
    StringBuilder result = new StringBuilder(text.length());
    split(
        text,
        (start, end, match) -> {
          if (match) {
            result.append(replacement);
          } else {
            result.append(text, start, end);
          }
        });
    return result.toString();
  }

  private boolean find(Matcher matcher) {
    try {
      return matcher.find();
    } catch (GuardedText.ExhaustedException e) {
      throw new ModelFormatException(
          origin + ": the pattern '" + pattern + "' takes too many steps on this text", e);
    } catch (StackOverflowError e) {
      throw new ModelFormatException(
          origin + ": the pattern '" + pattern + "' recurses too deeply on this text", e);
    }
  }
}
