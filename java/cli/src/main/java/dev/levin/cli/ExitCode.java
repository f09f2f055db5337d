package dev.levin.cli;

/** What the process returns. */
final class ExitCode {
  static final int OK = 0;

  /** A fault of Levin's own. */
  static final int INTERNAL = 1;

  /** A wrong option, a bad or missing file, a device that is not there. */
  static final int USER = 2;

  private ExitCode() {}

  /** Whether a command returns this; a killed process or a crashed JVM has another. */
  static boolean isOwn(int code) {
    return code == OK || code == INTERNAL || code == USER;
  }
}
