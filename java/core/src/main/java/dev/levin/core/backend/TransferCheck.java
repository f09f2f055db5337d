package dev.levin.core.backend;

import dev.levin.core.Tensor;
import java.lang.foreign.MemorySegment;

/** What every backend asks of an upload or a download before it copies anything. */
public final class TransferCheck {
  private TransferCheck() {}

  /**
   * @throws IllegalArgumentException if {@code target} is not contiguous or smaller than {@code
   *     source}
   */
  public static void upload(MemorySegment source, Tensor target) {
    contiguous("upload to", target);
    if (source.byteSize() > target.byteSize()) {
      throw new IllegalArgumentException(
          "upload to %s of %d bytes does not fit the source's %d bytes"
              .formatted(target, target.byteSize(), source.byteSize()));
    }
  }

  /**
   * @throws IllegalArgumentException if {@code source} is not contiguous or larger than {@code
   *     target}
   */
  public static void download(Tensor source, MemorySegment target) {
    contiguous("download of", source);
    if (source.byteSize() > target.byteSize()) {
      throw new IllegalArgumentException(
          "download of %s takes %d bytes, the target has %d"
              .formatted(source, source.byteSize(), target.byteSize()));
    }
  }

  private static void contiguous(String what, Tensor tensor) {
    if (!tensor.isContiguous()) {
      throw new IllegalArgumentException(what + " " + tensor + " needs a contiguous tensor");
    }
  }
}
