package dev.levin.formats.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;

/**
 * Translates the regular expressions of tokenizer.json, which are written for Oniguruma, where
 * java.util.regex reads the same characters differently. What Java does not have stays and is
 * rejected when the expression is compiled.
 */
final class OnigurumaSyntax {
  private static final String HEX_DIGITS = "0-9a-fA-F";

  private static final Map<String, String> PROPERTIES =
      Map.ofEntries(
          Map.entry("letter", "L"),
          Map.entry("mark", "M"),
          Map.entry("number", "N"),
          Map.entry("punctuation", "P"),
          Map.entry("symbol", "S"),
          Map.entry("separator", "Z"),
          Map.entry("other", "C"),
          Map.entry("uppercaseletter", "Lu"),
          Map.entry("lowercaseletter", "Ll"),
          Map.entry("titlecaseletter", "Lt"),
          Map.entry("modifierletter", "Lm"),
          Map.entry("otherletter", "Lo"),
          Map.entry("nonspacingmark", "Mn"),
          Map.entry("spacingmark", "Mc"),
          Map.entry("enclosingmark", "Me"),
          Map.entry("decimalnumber", "Nd"),
          Map.entry("letternumber", "Nl"),
          Map.entry("othernumber", "No"),
          Map.entry("han", "IsHan"),
          Map.entry("hiragana", "IsHiragana"),
          Map.entry("katakana", "IsKatakana"),
          Map.entry("hangul", "IsHangul"),
          Map.entry("latin", "IsLatin"),
          Map.entry("cyrillic", "IsCyrillic"),
          Map.entry("greek", "IsGreek"),
          Map.entry("arabic", "IsArabic"),
          Map.entry("hebrew", "IsHebrew"),
          Map.entry("thai", "IsThai"),
          Map.entry("devanagari", "IsDevanagari"),
          Map.entry("alpha", "IsAlphabetic"),
          Map.entry("alphabetic", "IsAlphabetic"),
          Map.entry("alnum", "Alnum"),
          Map.entry("digit", "IsDigit"),
          Map.entry("upper", "IsUppercase"),
          Map.entry("lower", "IsLowercase"),
          Map.entry("punct", "IsPunctuation"),
          Map.entry("space", "IsWhite_Space"),
          Map.entry("whitespace", "IsWhite_Space"),
          Map.entry("cntrl", "Cntrl"),
          Map.entry("xdigit", "XDigit"));

  private final String source;
  private final StringBuilder result = new StringBuilder();
  private final Deque<Integer> groupStarts = new ArrayDeque<>();
  private int position;
  private int atomStart;

  private OnigurumaSyntax(String source) {
    this.source = source;
  }

  static String toJava(String expression) {
    return new OnigurumaSyntax(expression).translate();
  }

  private String translate() {
    while (position < source.length()) {
      char character = source.charAt(position);
      switch (character) {
        case '\\' -> {
          atomStart = result.length();
          escape(false);
        }
        case '[' -> {
          atomStart = result.length();
          characterClass();
        }
        case '(' -> openGroup();
        case ')' -> closeGroup();
        case '{' -> repetition();
        case '?', '*', '+' -> copy();
        default -> {
          atomStart = result.length();
          copyCodePoint();
        }
      }
    }
    return result.toString();
  }

  private void openGroup() {
    groupStarts.push(result.length());
    copy();
    if (!source.startsWith("?", position)) {
      return;
    }
    // flags: Oniguruma's m lets the dot match line ends, which Java calls s
    int end = position + 1;
    while (end < source.length() && "imx-".indexOf(source.charAt(end)) >= 0) {
      end++;
    }
    boolean flags =
        end > position + 1 && end < source.length() && ":)".indexOf(source.charAt(end)) >= 0;
    if (flags) {
      result.append(source.substring(position, end).replace('m', 's'));
      position = end;
    }
  }

  private void closeGroup() {
    atomStart = groupStarts.isEmpty() ? result.length() : groupStarts.pop();
    copy();
  }

  /** In Oniguruma's syntax {@code {n,m}+} repeats the repetition; in Java's it is possessive. */
  private void repetition() {
    int end = source.indexOf('}', position);
    boolean interval = end > 0 && source.substring(position + 1, end).matches("\\d+(,\\d*)?|,\\d+");
    if (!interval) {
      atomStart = result.length();
      result.append("\\{");
      position++;
      return;
    }
    String bounds = source.substring(position, end + 1);
    result.append(bounds.startsWith("{,") ? "{0" + bounds.substring(1) : bounds);
    position = end + 1;
    if (source.startsWith("+", position)) {
      result.insert(atomStart, "(?:").append(")+");
      position++;
    }
  }

  private void characterClass() {
    int depth = 0;
    do {
      char character = source.charAt(position);
      if (character == '\\') {
        escape(true);
      } else if (source.startsWith("[:", position) && posixClass()) {
        continue;
      } else {
        depth += character == '[' ? 1 : character == ']' ? -1 : 0;
        copyCodePoint();
        if (character == '[') {
          leadingBracket();
        }
      }
    } while (depth > 0 && position < source.length());
  }

  /** A closing bracket that comes first in a class stands for itself. */
  private void leadingBracket() {
    if (source.startsWith("^", position)) {
      copy();
    }
    if (source.startsWith("]", position)) {
      result.append("\\]");
      position++;
    }
  }

  private boolean posixClass() {
    int end = source.indexOf(":]", position + 2);
    if (end < 0) {
      return false;
    }
    String name = source.substring(position + 2, end);
    boolean negated = name.startsWith("^");
    String property = PROPERTIES.get(negated ? name.substring(1) : name);
    if (property == null) {
      return false;
    }
    result.append(negated ? "\\P{" : "\\p{").append(property).append('}');
    position = end + 2;
    return true;
  }

  private void escape(boolean insideClass) {
    char escaped = position + 1 < source.length() ? source.charAt(position + 1) : '\\';
    switch (escaped) {
      case 'h' -> replaceEscape(insideClass ? HEX_DIGITS : "[" + HEX_DIGITS + "]");
      case 'H' -> replaceEscape("[^" + HEX_DIGITS + "]");
      case 'v' -> replaceEscape("\\x0B");
      case 'p', 'P' -> property(escaped);
      default -> {
        copy();
        if (position < source.length()) {
          copyCodePoint();
        }
      }
    }
  }

  private void property(char escaped) {
    int end = source.indexOf('}', position);
    if (!source.startsWith("{", position + 2) || end < 0) {
      copy();
      copy();
      return;
    }
    String name = source.substring(position + 3, end);
    boolean inverted = name.startsWith("^");
    String plain = inverted ? name.substring(1) : name;
    String key = plain.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
    char form = inverted == (escaped == 'P') ? 'p' : 'P';
    result.append('\\').append(form).append('{');
    result.append(PROPERTIES.getOrDefault(key, plain)).append('}');
    position = end + 1;
  }

  private void replaceEscape(String replacement) {
    result.append(replacement);
    position += 2;
  }

  private void copy() {
    result.append(source.charAt(position++));
  }

  private void copyCodePoint() {
    int codePoint = source.codePointAt(position);
    result.appendCodePoint(codePoint);
    position += Character.charCount(codePoint);
  }
}
