package dev.levin.formats.template;

import java.util.List;

/** A position in the tokens of a template. */
final class TokenCursor {
  /** Tags and brackets inside each other; bounds the recursion of parsing and evaluating. */
  private static final int MAX_DEPTH = 100;

  private final List<Token> tokens;
  private int position;
  private int depth;

  TokenCursor(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(position);
  }

  Token following() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  int line() {
    return current().line();
  }

  Token next() {
    Token token = current();
    if (token.kind() != Token.Kind.END) {
      position++;
    }
    return token;
  }

  boolean at(Token.Kind kind) {
    return current().kind() == kind;
  }

  boolean atName(String name) {
    return current().isName(name);
  }

  boolean atOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean found = atName(name);
    position += found ? 1 : 0;
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = atOperator(operator);
    position += found ? 1 : 0;
    return found;
  }

  Token expect(Token.Kind kind, String expected) {
    if (!at(kind)) {
      throw unexpected(expected);
    }
    return next();
  }

  String expectName() {
    return expect(Token.Kind.NAME, "a name").text();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  SyntaxFault unexpected(String expected) {
    return new SyntaxFault(line(), "expected " + expected + ", found " + current().describe());
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new SyntaxFault(line(), "the template nests deeper than " + MAX_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
