package dev.levin.formats.gguf;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.formats.io.Quote;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.regex.Pattern;

/**
 * The scale of a ternary matrix. Most files keep it as a tensor of its own, {@code NAME.scale}
 * beside {@code NAME.weight}; BitNet's I2_S keeps it behind the digits. It is presented as the
 * tensor, so that whoever multiplies need know one way only.
 */
final class GgufScales {
  private static final String WEIGHT = ".weight";
  private static final Pattern MATRIX = Pattern.compile("blk\\.\\d+\\..+\\.weight");
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GgufScales() {}

  /** Whether a scale is looked for beside a tensor of this name and shape. */
  static boolean canHave(String name, Shape shape) {
    return shape.rank() == 2 && MATRIX.matcher(name).matches();
  }

  /** {@code NAME.scale} of {@code NAME.weight}. */
  static String nameFor(String weight) {
    return weight.substring(0, weight.length() - WEIGHT.length()) + ".scale";
  }

  /**
   * The scale behind the digits, [1] F32.
   *
   * @throws ModelFormatException when it is not a number
   */
  static Tensor behind(String origin, GgufTensorInfo info, HostBuffer buffer) {
    long at = info.start() + info.dtype().bytes(info.shape());
    float scale = buffer.segment().get(FLOAT, at);
    if (!Float.isFinite(scale)) {
      throw new ModelFormatException(
          "%s: scale of tensor %s at byte %d is %s, not a finite number"
              .formatted(origin, Quote.of(info.name()), at, scale));
    }
    return Tensor.of(DType.F32, Shape.of(1), buffer, at);
  }
}
