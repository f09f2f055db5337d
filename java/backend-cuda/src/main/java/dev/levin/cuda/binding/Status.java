package dev.levin.cuda.binding;

import dev.levin.core.DeviceException;
import dev.levin.core.DeviceException.Kind;

/** The one place where a {@code levin_status} becomes an exception. */
public final class Status {
  private Status() {}

  /**
   * Returns if the call succeeded.
   *
   * @param what what was being done, or the op's name
   * @throws DeviceException with the library's own words
   */
  public static void check(int status, String what) {
    if (status != Levin.LEVIN_OK) {
      throw new DeviceException(kind(status), what + " on CUDA: " + text());
    }
  }

  /** Why the last failed call of this thread failed. */
  public static String text() {
    return Levin.levin_last_error().getString();
  }

  private static Kind kind(int status) {
    return switch (status) {
      case Levin.LEVIN_INVALID_ARGUMENT -> Kind.INVALID_ARGUMENT;
      case Levin.LEVIN_UNSUPPORTED -> Kind.UNSUPPORTED;
      case Levin.LEVIN_OUT_OF_MEMORY -> Kind.OUT_OF_MEMORY;
      case Levin.LEVIN_DEVICE_LOST -> Kind.DEVICE_LOST;
      case Levin.LEVIN_NO_DRIVER -> Kind.UNAVAILABLE;
      default -> Kind.INTERNAL;
    };
  }
}
