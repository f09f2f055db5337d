package dev.levin.models.weights;

import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.quant.Codecs;

/** Reads small tensors of a file into arrays. */
public final class HostVectors {
  private HostVectors() {}

  /**
   * All values of a contiguous tensor.
   *
   * @throws ModelFormatException when it does not hold exactly {@code count} values
   */
  public static float[] floats(Tensor tensor, int count) {
    if (tensor.shape().elements() != count) {
      throw new ModelFormatException(
          "tensor " + tensor + " holds " + tensor.shape().elements() + " values, not " + count);
    }
    float[] values = new float[count];
    Codecs.of(tensor.dtype())
        .decode(HostBuffer.segmentOf(tensor), tensor.offset(), values, 0, count);
    return values;
  }

  /** As {@link #floats}, widened. */
  public static double[] doubles(Tensor tensor, int count) {
    float[] values = floats(tensor, count);
    double[] wide = new double[count];
    for (int i = 0; i < count; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
