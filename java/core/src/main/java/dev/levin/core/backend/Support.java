package dev.levin.core.backend;

/** A backend's answer to whether it can run an op. */
public record Support(boolean supported, String reason) {
  private static final Support YES = new Support(true, "");

  public static Support yes() {
    return YES;
  }

  public static Support no(String reason) {
    return new Support(false, reason);
  }
}
