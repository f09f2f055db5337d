package dev.levin.cli;

/** The reader of standard output has gone, as {@code head} does; there is nothing left to do. */
final class OutputClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputClosedException() {
    super("standard output is closed", null, false, false);
  }
}
