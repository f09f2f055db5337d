package dev.levin.cpu.nativetwin;

import dev.levin.core.DType;
import dev.levin.core.DeviceException;

/** What all calls of {@code levin_cpu.h} share. */
final class NativeCalls {
  /** Where the header numbers the encodings that GGUF has no id for. */
  private static final int DTYPE_F8_E4M3 = 100;

  private static final int DTYPE_F8_E5M2 = 101;

  /** No dtype of the header. */
  static final int NO_DTYPE = -1;

  private NativeCalls() {}

  static int id(DType dtype) {
    if (dtype == DType.F8_E4M3) {
      return DTYPE_F8_E4M3;
    }
    if (dtype == DType.F8_E5M2) {
      return DTYPE_F8_E5M2;
    }
    return dtype.ggufId() == DType.NO_GGUF_ID ? NO_DTYPE : dtype.ggufId();
  }

  static void check(int status) {
    if (status != LevinCpu.OK) {
      throw new DeviceException(DeviceException.Kind.INTERNAL, LevinCpu.lastError());
    }
  }
}
