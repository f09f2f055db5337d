package dev.levin.cuda;

import dev.levin.core.DType;
import dev.levin.cuda.binding.Levin;

/** What the kernels make of each dtype. */
final class DTypes {
  private DTypes() {}

  /** The number that {@code levin.h} gives it. */
  static int id(DType dtype) {
    return switch (dtype) {
      case F8_E4M3 -> Levin.LEVIN_DTYPE_F8_E4M3;
      case F8_E5M2 -> Levin.LEVIN_DTYPE_F8_E5M2;
      case U8 -> Levin.LEVIN_DTYPE_U8;
      case BOOL -> Levin.LEVIN_DTYPE_BOOL;
      default -> dtype.ggufId();
    };
  }

  /** Whether products read it as it lies. */
  static boolean isWeight(DType dtype) {
    return switch (dtype) {
      case F64, U8, BOOL, I8, I16, I32, I64, Q8_1, Q8_K -> false;
      default -> true;
    };
  }

  /** Whether rows of it become F32 on the device. */
  static boolean isReadable(DType dtype) {
    return dtype != DType.BOOL && dtype != DType.Q8_1 && dtype != DType.Q8_K;
  }

  /** Whether F32 rows become it on the device. */
  static boolean isEncodable(DType dtype) {
    return dtype == DType.F64 || dtype == DType.F8_E5M2 || isCache(dtype);
  }

  /** Whether keys and values may be kept in it. */
  static boolean isCache(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16, F8_E4M3, Q8_0, Q4_0 -> true;
      default -> false;
    };
  }
}
