package dev.levin.formats.safetensors;

import dev.levin.core.DType;

/**
 * The element types of safetensors and how Levin holds them. Types Levin has no arithmetic for are
 * held as raw bytes, the last dimension multiplied by their size.
 */
enum SafetensorsType {
  F64(DType.F64),
  F32(DType.F32),
  F16(DType.F16),
  BF16(DType.BF16),
  F8_E4M3(DType.F8_E4M3),
  F8_E5M2(DType.F8_E5M2),
  F8_E8M0(DType.U8),
  I64(DType.I64),
  I32(DType.I32),
  I16(DType.I16),
  I8(DType.I8),
  U8(DType.U8),
  U16(DType.U8, 2),
  U32(DType.U8, 4),
  U64(DType.U8, 8),
  BOOL(DType.BOOL);

  private final DType dtype;
  private final int elements;

  SafetensorsType(DType dtype) {
    this(dtype, 1);
  }

  SafetensorsType(DType dtype, int elements) {
    this.dtype = dtype;
    this.elements = elements;
  }

  /** The type with this name, or null when there is none. */
  static SafetensorsType ofName(String name) {
    for (SafetensorsType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }

  DType dtype() {
    return dtype;
  }

  /** Elements of {@link #dtype()} per element in the file. */
  int elements() {
    return elements;
  }
}
