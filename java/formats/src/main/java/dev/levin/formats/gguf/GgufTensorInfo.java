package dev.levin.formats.gguf;

import dev.levin.core.DType;
import dev.levin.core.Shape;

/**
 * What a GGUF header says of one tensor, checked against the file.
 *
 * @param shape outermost dimension first
 * @param at byte of the header at which the entry starts, for messages
 * @param start first byte of the data in the file
 * @param byteSize bytes of the data, what lies behind the values included
 */
record GgufTensorInfo(String name, DType dtype, Shape shape, long at, long start, long byteSize) {
  /** Behind the values of an I2_S tensor: its scale, F32, and padding. */
  static final int SCALE_BYTES = 32;

  /** Bytes that a type has behind a tensor's values. */
  static int tailBytes(DType dtype) {
    return dtype == DType.I2_S ? SCALE_BYTES : 0;
  }
}
