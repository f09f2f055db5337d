package dev.levin.formats.template;

/** Python's escapes in string literals. */
final class StringLiteral {
  private StringLiteral() {}

  static String unescape(String raw, int line) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    StringBuilder out = new StringBuilder(raw.length());
    int at = 0;
    while (at < raw.length()) {
      char next = raw.charAt(at++);
      if (next != '\\' || at == raw.length()) {
        out.append(next);
        continue;
      }
      char escape = raw.charAt(at++);
      switch (escape) {
        case '\n' -> {}
        case 'n' -> out.append('\n');
        case 't' -> out.append('\t');
        case 'r' -> out.append('\r');
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'a' -> out.append('\u0007');
        case 'v' -> out.append('\u000b');
        case '\\', '\'', '"' -> out.append(escape);
        case 'x' -> at = hexadecimal(raw, at, 2, line, out);
        case 'u' -> at = hexadecimal(raw, at, 4, line, out);
        case 'U' -> at = hexadecimal(raw, at, 8, line, out);
        case '0', '1', '2', '3', '4', '5', '6', '7' -> at = octal(raw, at - 1, out);
        default -> out.append('\\').append(escape);
      }
    }
    return out.toString();
  }

  private static int hexadecimal(String raw, int at, int digits, int line, StringBuilder out) {
    int value = 0;
    for (int i = at; i < at + digits; i++) {
      int digit = i < raw.length() ? Character.digit(raw.charAt(i), 16) : -1;
      value = value << 4 | digit;
      if (digit < 0 || value > Character.MAX_CODE_POINT) {
        throw new SyntaxFault(line, "a string holds a damaged \\x, \\u or \\U escape");
      }
    }
    out.appendCodePoint(value);
    return at + digits;
  }

  private static int octal(String raw, int at, StringBuilder out) {
    int end = at;
    int value = 0;
    while (end < raw.length() && end < at + 3 && Character.digit(raw.charAt(end), 8) >= 0) {
      value = value * 8 + Character.digit(raw.charAt(end++), 8);
    }
    out.appendCodePoint(value);
    return end;
  }
}
