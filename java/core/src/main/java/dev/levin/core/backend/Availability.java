package dev.levin.core.backend;

/** Whether a backend can run on this machine. */
public sealed interface Availability {
  /** It can; {@code auto} takes the highest score, and a score of 0 is never taken by itself. */
  record Ready(int score) implements Availability {}

  /** It cannot, and this is why, in one sentence fit for a user. */
  record Absent(String reason) implements Availability {}
}
