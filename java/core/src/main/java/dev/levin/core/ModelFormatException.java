package dev.levin.core;

/**
 * A model file, tokenizer or template that is damaged, hostile or not understood. The message names
 * the file, the field and, where there is one, the byte offset.
 */
public class ModelFormatException extends LevinException {
  private static final long serialVersionUID = 1L;

  public ModelFormatException(String message) {
    super(message);
  }

  public ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
