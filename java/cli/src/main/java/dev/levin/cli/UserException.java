package dev.levin.cli;

/** Something the user has to change; the message is one line. */
final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UserException(String message) {
    super(message);
  }
}
