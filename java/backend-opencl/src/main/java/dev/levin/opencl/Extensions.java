package dev.levin.opencl;

/**
 * What a backend takes of the extensions that a device may offer.
 *
 * @param subgroups how lanes exchange numbers
 * @param products what encoded weights are multiplied in
 */
record Extensions(Subgroups subgroups, Products products) {
  static final Extensions NONE = new Extensions(Subgroups.OFF, Products.FLOAT);

  /**
   * What system properties ask for.
   *
   * @throws IllegalArgumentException when the device does not offer it
   */
  static Extensions configured(OpenClDevice device) {
    return new Extensions(Subgroups.configured(device), Products.configured(device));
  }

  /** Language and macros of all programs; the extensions are younger than what all else needs. */
  String options(OpenClDevice device) {
    boolean young = subgroups == Subgroups.DEVICE || products == Products.INT8;
    String language =
        !young ? "CL1.2" : device.version().startsWith("OpenCL 3") ? "CL3.0" : "CL2.0";
    return ("-cl-std=" + language + " " + subgroups.macros()).strip();
  }
}
