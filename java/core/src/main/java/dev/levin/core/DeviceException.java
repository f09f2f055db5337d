package dev.levin.core;

/** A backend that cannot be opened or an op that failed on its device. */
public class DeviceException extends LevinException {
  private static final long serialVersionUID = 1L;

  /** What the engine may do about it: preempt on memory, give up on loss, report the others. */
  public enum Kind {
    OUT_OF_MEMORY,
    UNSUPPORTED,
    INVALID_ARGUMENT,
    DEVICE_LOST,
    UNAVAILABLE,
    INTERNAL
  }

  private final Kind kind;

  public DeviceException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public DeviceException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
