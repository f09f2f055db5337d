package dev.levin.formats.template;

import dev.levin.core.ModelFormatException;

/**
 * A template refused its messages through {@code raise_exception}. {@link #getMessage()} is one
 * line with the template's origin; {@link #templateMessage()} is what the template said, verbatim.
 */
public final class TemplateException extends ModelFormatException {
  private static final long serialVersionUID = 1L;

  private final String templateMessage;

  TemplateException(String message, String templateMessage) {
    super(message);
    this.templateMessage = templateMessage;
  }

  /** The argument of {@code raise_exception}, unchanged. */
  public String templateMessage() {
    return templateMessage;
  }
}
