package dev.levin.opencl;

/**
 * How work is cut for a class of devices.
 *
 * @param lanes work-items that share one output: a GPU needs neighbours to read neighbouring
 *     blocks, on a CPU one work-item fills the vector registers by itself
 * @param warps outputs of a work-group of a matrix product
 * @param gemmTokens tokens that share a decoded weight
 * @param narrowGroup size of work-groups over dimensions that are short
 */
record LaunchSizes(int lanes, int warps, int gemmTokens, int narrowGroup) {
  static LaunchSizes of(OpenClDevice.Kind kind) {
    return kind == OpenClDevice.Kind.CPU
        ? new LaunchSizes(1, 16, 4, 8)
        : new LaunchSizes(32, 8, 4, 32);
  }

  String options() {
    return "-D LANES=%d -D WARPS=%d -D GEMM_TOKENS=%d".formatted(lanes, warps, gemmTokens);
  }
}
