package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into text and tags, with the whitespace rules of {@code trim_blocks} and {@code
 * lstrip_blocks}: a line break right after a block or comment is dropped, and so is the indentation
 * before one; {@code -} drops all whitespace on its side, {@code +} keeps it.
 */
final class Lexer {
  private final String source;
  private final TagLexer tags;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
    this.tags = new TagLexer(source, tokens);
  }

  static List<Token> tokenize(String source) {
    String unified = source.replace("\r\n", "\n").replace('\r', '\n');
    // One final line break belongs to the file, not to the template.
    int end = unified.endsWith("\n") ? unified.length() - 1 : unified.length();
    Lexer lexer = new Lexer(unified.substring(0, end));
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (position < source.length()) {
      int open = nextTag(position);
      if (open < 0) {
        data(source.substring(position));
        position = source.length();
        break;
      }
      String text = source.substring(position, open);
      boolean lineStart = position == 0 || source.charAt(position - 1) == '\n';
      char kind = source.charAt(open + 1);
      char sign = signAt(open + 2);
      int inside = open + (sign == 0 ? 2 : 3);
      data(kept(text, sign, lineStart, kind != '{'));
      advance(inside);
      switch (kind) {
        case '#' -> comment();
        case '%' -> block();
        default -> tag(Token.Kind.VARIABLE_BEGIN, Token.Kind.VARIABLE_END, "}}");
      }
    }
    tokens.add(new Token(Token.Kind.END, "", null, line));
  }

  private int nextTag(int from) {
    for (int at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
      if (at + 1 < source.length() && "{%#".indexOf(source.charAt(at + 1)) >= 0) {
        return at;
      }
    }
    return -1;
  }

  private char signAt(int at) {
    boolean sign = at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+');
    return sign ? source.charAt(at) : 0;
  }

  /** The part of {@code text} that stays before a tag. */
  private static String kept(String text, char sign, boolean lineStart, boolean isBlock) {
    if (sign == '-') {
      return PythonText.strip(text, null, false, true);
    }
    if (sign == '+' || !isBlock) {
      return text;
    }
    int indentation = text.lastIndexOf('\n') + 1;
    boolean ownLine = indentation > 0 || lineStart;
    return ownLine && PythonText.isBlank(text, indentation) ? text.substring(0, indentation) : text;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Token.Kind.DATA, text, null, line));
    }
  }

  private void comment() {
    int close = source.indexOf("#}", position);
    if (close < 0) {
      throw new SyntaxFault(line, "'{#' is never closed");
    }
    char sign = close > position ? signAt(close - 1) : 0;
    advance(afterClose(close + 2, sign, true));
  }

  private void block() {
    int name = PythonText.skipSpace(source, position);
    if (source.startsWith("raw", name)) {
      int end = PythonText.skipSpace(source, name + 3);
      char sign = source.startsWith("-%}", end) ? '-' : 0;
      if (sign != 0 || source.startsWith("%}", end)) {
        advance(afterClose(end + (sign == 0 ? 2 : 3), sign, false));
        raw();
        return;
      }
    }
    tag(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
  }

  /** Text up to {@code {% endraw %}}, taken as it is. */
  private void raw() {
    boolean lineStart = source.charAt(position - 1) == '\n';
    int opened = line;
    for (int open = source.indexOf("{%", position);
        open >= 0;
        open = source.indexOf("{%", open + 1)) {
      char sign = signAt(open + 2);
      int name = PythonText.skipSpace(source, open + (sign == 0 ? 2 : 3));
      if (!source.startsWith("endraw", name)) {
        continue;
      }
      int end = PythonText.skipSpace(source, name + 6);
      char closing = signAt(end);
      int close = end + (closing == 0 ? 0 : 1);
      if (source.startsWith("%}", close)) {
        data(kept(source.substring(position, open), sign, lineStart, true));
        advance(afterClose(close + 2, closing, true));
        return;
      }
    }
    throw new SyntaxFault(opened, "'{% raw %}' is never closed");
  }

  /** Where the text after a closing delimiter begins. */
  private int afterClose(int end, char sign, boolean trimLineBreak) {
    if (sign == '-') {
      return PythonText.skipSpace(source, end);
    }
    boolean trim = trimLineBreak && sign != '+';
    return trim && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
  }

  private void tag(Token.Kind begin, Token.Kind end, String delimiter) {
    tokens.add(new Token(begin, delimiter, null, line));
    int close = tags.tokenize(position, line, delimiter);
    char sign = source.startsWith(delimiter, close) ? 0 : source.charAt(close);
    int after = close + delimiter.length() + (sign == 0 ? 0 : 1);
    advance(close);
    tokens.add(new Token(end, delimiter, null, line));
    advance(afterClose(after, sign, end == Token.Kind.BLOCK_END));
  }

  private void advance(int to) {
    for (int i = position; i < to; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
    position = to;
  }
}
