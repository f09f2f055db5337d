package dev.levin.core;

/** Base of every error Levin reports about its input or its devices; the message is one line. */
public class LevinException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LevinException(String message) {
    super(message);
  }

  public LevinException(String message, Throwable cause) {
    super(message, cause);
  }
}
