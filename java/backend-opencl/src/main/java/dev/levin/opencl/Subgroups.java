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
    List<String> offered = List.of(device.info().properties().get("extensions").split("\\s+"));
    for (String extension : EXTENSIONS) {
      if (!offered.contains(extension)) {
        throw new IllegalArgumentException(
            "%s is 'on', but OpenCL device '%s' does not offer %s; leave it out"
                .formatted(PROPERTY, device.info().name(), extension));
      }
    }
    return DEVICE;
  }

  /** Language and macros; sub-groups are younger than the version that everything else needs. */
  String options(OpenClDevice device) {
    return switch (this) {
      case OFF -> "-cl-std=CL1.2";
      case EMULATED -> "-cl-std=CL1.2 -D SUBGROUPS=2";
      case DEVICE ->
          (device.version().startsWith("OpenCL 3") ? "-cl-std=CL3.0" : "-cl-std=CL2.0")
              + " -D SUBGROUPS=1";
    };
  }
}
