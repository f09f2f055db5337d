package dev.levin.core.backend;

import java.util.List;
import java.util.Optional;

/** How a backend makes itself known; found with {@link java.util.ServiceLoader}. */
public interface BackendProvider {
  /** Lower-case name as in {@code -Dlevin.backend}. */
  String name();

  /** Cheap, and never throws: a missing library or driver is an {@link Availability.Absent}. */
  Availability probe();

  List<DeviceInfo> devices();

  Backend open(DeviceInfo device);

  /** What can be tuned on a device; empty where the backend finds its sizes by itself. */
  default Optional<Tuning> tuning(DeviceInfo device) {
    return Optional.empty();
  }
}
