package dev.levin.formats.template;

/**
 * A piece of template source.
 *
 * @param text the operator or name as written, the data between tags, or a literal's source
 * @param value the value of a literal, else null
 */
record Token(Kind kind, String text, Object value, int line) {
  enum Kind {
    DATA,
    BLOCK_BEGIN,
    BLOCK_END,
    VARIABLE_BEGIN,
    VARIABLE_END,
    NAME,
    LITERAL,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  boolean isString() {
    return kind == Kind.LITERAL && value instanceof String;
  }

  /** For messages. */
  String describe() {
    return switch (kind) {
      case DATA -> "text";
      case BLOCK_BEGIN -> "'{%'";
      case BLOCK_END -> "'%}'";
      case VARIABLE_BEGIN -> "'{{'";
      case VARIABLE_END -> "'}}'";
      case END -> "the end of the template";
      case NAME, LITERAL, OPERATOR -> "'" + Repr.excerpt(text) + "'";
    };
  }
}
