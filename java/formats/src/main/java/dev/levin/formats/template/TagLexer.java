package dev.levin.formats.template;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** Cuts the inside of a tag into names, literals and operators. */
final class TagLexer {
  /** Longer ones first. */
  private static final String[] OPERATORS = {
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";"
  };

  private static final int MAX_NUMBER_LENGTH = 256;

  private final String source;
  private final List<Token> tokens;
  private final Deque<String> brackets = new ArrayDeque<>();
  private int position;
  private int line;

  TagLexer(String source, List<Token> tokens) {
    this.source = source;
    this.tokens = tokens;
  }

  /**
   * Reads tokens from {@code start} to the closing delimiter.
   *
   * @return where the delimiter begins, its {@code -} or {@code +} included
   */
  int tokenize(int start, int startLine, String delimiter) {
    position = start;
    line = startLine;
    brackets.clear();
    while (position < source.length()) {
      if (brackets.isEmpty() && atDelimiter(delimiter)) {
        return position;
      }
      char next = source.charAt(position);
      if (PythonText.isSpace(next)) {
        line += next == '\n' ? 1 : 0;
        position++;
      } else if (next >= '0' && next <= '9') {
        number();
      } else if (next == '"' || next == '\'') {
        string(next);
      } else if (next == '_' || Character.isUnicodeIdentifierStart(source.codePointAt(position))) {
        name();
      } else {
        operator();
      }
    }
    String opened = delimiter.equals("%}") ? "{%" : "{{";
    throw new SyntaxFault(startLine, "'" + opened + "' is never closed");
  }

  private boolean atDelimiter(String delimiter) {
    if (source.startsWith(delimiter, position)) {
      return true;
    }
    char sign = source.charAt(position);
    boolean signed = sign == '-' || sign == '+' && delimiter.equals("%}");
    return signed && source.startsWith(delimiter, position + 1);
  }

  private void name() {
    int end = position;
    while (end < source.length()) {
      int codePoint = source.codePointAt(end);
      if (!Character.isUnicodeIdentifierPart(codePoint)
          || Character.isIdentifierIgnorable(codePoint)) {
        break;
      }
      end += Character.charCount(codePoint);
    }
    add(Token.Kind.NAME, end, null);
  }

  private void operator() {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, position)) {
        balance(operator);
        add(Token.Kind.OPERATOR, position + operator.length(), null);
        return;
      }
    }
    throw new SyntaxFault(
        line, "unexpected character '" + Character.toString(source.codePointAt(position)) + "'");
  }

  private void balance(String operator) {
    switch (operator) {
      case "(" -> brackets.push(")");
      case "[" -> brackets.push("]");
      case "{" -> brackets.push("}");
      case ")", "]", "}" -> {
        if (!operator.equals(brackets.poll())) {
          throw new SyntaxFault(line, "unexpected '" + operator + "'");
        }
      }
      default -> {}
    }
  }

  private void number() {
    String prefix =
        source
            .substring(position, Math.min(position + 2, source.length()))
            .toLowerCase(Locale.ROOT);
    int radix = prefix.equals("0x") ? 16 : prefix.equals("0o") ? 8 : prefix.equals("0b") ? 2 : 10;
    if (radix != 10) {
      int end = digits(position + 2, radix);
      literal(end, integer(clean(position + 2, end), radix));
      return;
    }
    int end = digits(position, 10);
    boolean isFloat = false;
    boolean afterDot = position > 0 && source.charAt(position - 1) == '.';
    if (!afterDot && charAt(end) == '.' && isDigit(charAt(end + 1))) {
      end = digits(end + 1, 10);
      isFloat = true;
    }
    int exponent = end + (charAt(end + 1) == '+' || charAt(end + 1) == '-' ? 2 : 1);
    if (!afterDot && (charAt(end) == 'e' || charAt(end) == 'E') && isDigit(charAt(exponent))) {
      end = digits(exponent, 10);
      isFloat = true;
    }
    String text = clean(position, end);
    literal(end, isFloat ? (Object) Double.valueOf(text) : integer(text, 10));
  }

  private Object integer(String digits, int radix) {
    try {
      return Numbers.parseInteger(digits, radix);
    } catch (TemplateFault fault) {
      throw new SyntaxFault(line, fault.getMessage());
    }
  }

  private void literal(int end, Object value) {
    if (value == null) {
      throw new SyntaxFault(
          line, "'" + Repr.excerpt(source.substring(position, end)) + "' is no number");
    }
    add(Token.Kind.LITERAL, end, value);
  }

  private int digits(int from, int radix) {
    int end = from;
    while (Character.digit(charAt(end), radix) >= 0 || charAt(end) == '_') {
      end++;
    }
    return end;
  }

  private String clean(int from, int to) {
    if (to - from > MAX_NUMBER_LENGTH) {
      throw new SyntaxFault(line, "a number has more than " + MAX_NUMBER_LENGTH + " digits");
    }
    return source.substring(from, to).replace("_", "");
  }

  private char charAt(int at) {
    return at < source.length() ? source.charAt(at) : 0;
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }

  private void string(char quote) {
    int end = position + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw new SyntaxFault(line, "a string is never closed");
    }
    String raw = source.substring(position + 1, end);
    add(Token.Kind.LITERAL, end + 1, StringLiteral.unescape(raw, line));
  }

  private void add(Token.Kind kind, int end, Object value) {
    tokens.add(new Token(kind, source.substring(position, end), value, line));
    for (int i = position; i < end; i++) {
      line += source.charAt(i) == '\n' ? 1 : 0;
    }
    position = end;
  }
}
