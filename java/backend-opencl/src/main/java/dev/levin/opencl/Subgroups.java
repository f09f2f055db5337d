package dev.levin.opencl;

import java.util.List;

/**
 * How lanes exchange numbers: through local memory, or as a sub-group, which gives the same bits
 * with fewer barriers. Off unless asked for: no device that we tested on has sub-groups.
 */
enum Subgroups {
  OFF,
  DEVICE,

  /** The arithmetic of sub-groups on a device without them, for tests. */
  EMULATED;

  /** System property: {@code on} takes the device's sub-groups. */
  static final String PROPERTY = "levin.opencl.subgroups";

  private static final List<String> EXTENSIONS =
      List.of("cl_khr_subgroups", "cl_khr_subgroup_shuffle");

  /**
   * What the property asks for.
   *
   * @throws IllegalArgumentException when the device does not offer it, or it is no choice
   */
  static Subgroups configured(OpenClDevice device) {
    String choice = System.getProperty(PROPERTY, "off").strip();
    return switch (choice) {
      case "off" -> OFF;
      case "on" -> required(device);
      default ->
          throw new IllegalArgumentException(
              PROPERTY + " is '" + choice + "', expected 'on' or 'off'");
    };
  }

  private static Subgroups required(OpenClDevice device) {
    for (String extension : EXTENSIONS) {
      if (!device.offers(extension)) {
        throw new IllegalArgumentException(
            "%s is 'on', but OpenCL device '%s' does not offer %s; leave it out"
                .formatted(PROPERTY, device.info().name(), extension));
      }
    }
    return DEVICE;
  }

  /** Compiler options, or none. */
  String macros() {
    return switch (this) {
      case OFF -> "";
      case EMULATED -> "-D SUBGROUPS=2";
      case DEVICE -> "-D SUBGROUPS=1";
    };
  }
}
