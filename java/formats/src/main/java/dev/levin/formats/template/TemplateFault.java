package dev.levin.formats.template;

/** What went wrong inside an expression; the rendering adds origin and line. */
class TemplateFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TemplateFault(String message) {
    super(message, null, false, false);
  }

  /** Thrown by {@code raise_exception}. */
  static final class Raised extends TemplateFault {
    private static final long serialVersionUID = 1L;

    Raised(String message) {
      super(message);
    }
  }
}
