package dev.levin.formats.template;

/** Source that is not a template; parsing adds the origin. */
final class SyntaxFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  SyntaxFault(int line, String message) {
    super(message, null, false, false);
    this.line = line;
  }

  int line() {
    return line;
  }
}
