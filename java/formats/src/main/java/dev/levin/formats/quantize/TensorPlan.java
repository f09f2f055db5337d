package dev.levin.formats.quantize;

import dev.levin.core.DType;
import dev.levin.core.Shape;

/**
 * What becomes of one tensor.
 *
 * @param from its type in the model
 * @param to its type in the file written; the same when it is copied
 */
public record TensorPlan(String name, Shape shape, DType from, DType to) {
  public boolean isCopied() {
    return from == to;
  }

  public long bytesBefore() {
    return from.bytes(shape);
  }

  public long bytesAfter() {
    return to.bytes(shape);
  }
}
