package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.List;

/** Python's slices of strings, lists, tuples and ranges. */
final class Slices {
  private Slices() {}

  /** Absent parts are null, as none is. */
  static Object slice(
      RenderContext context, Object target, Object start, Object stop, Object step) {
    if (target instanceof Undefined undefined) {
      throw undefined.fault();
    }
    boolean sliceable =
        target instanceof String || target instanceof List<?> || target instanceof Tuple;
    if (!sliceable) {
      return Undefined.member(target, "slice");
    }
    long stride = step == null ? 1 : index(step);
    if (stride == 0) {
      throw new TemplateFault("the step of a slice cannot be zero");
    }
    int length = (int) Values.length(target);
    long from = bound(start, length, stride, true);
    long to = bound(stop, length, stride, false);
    long count = stride > 0 ? span(from, to, stride) : span(-from, -to, -stride);
    return switch (target) {
      case String text -> text(context, text, length, (int) from, stride, (int) count);
      case Tuple tuple -> Tuple.of(items(context, tuple.items(), from, stride, count));
      default -> items(context, (List<?>) target, from, stride, count);
    };
  }

  private static long span(long from, long to, long stride) {
    return to <= from ? 0 : (to - from - 1) / stride + 1;
  }

  private static long index(Object value) {
    if (Numbers.plain(value) instanceof Long number) {
      // A stride or bound beyond any length means the same as one just beyond.
      return Math.clamp(number, -Integer.MAX_VALUE, Integer.MAX_VALUE);
    }
    throw value instanceof Undefined undefined
        ? undefined.fault()
        : new TemplateFault("a slice needs integers, not '" + Types.name(value) + "'");
  }

  private static long bound(Object value, int length, long stride, boolean isStart) {
    long low = stride > 0 ? 0 : -1;
    long high = stride > 0 ? length : length - 1L;
    if (value == null) {
      return isStart == stride > 0 ? low : high;
    }
    long index = index(value);
    return Math.clamp(index < 0 ? index + length : index, low, high);
  }

  private static List<Object> items(
      RenderContext context, List<?> items, long from, long stride, long count) {
    context.steps(count);
    List<Object> slice = new ArrayList<>((int) count);
    for (long i = 0; i < count; i++) {
      slice.add(items.get((int) (from + i * stride)));
    }
    return slice;
  }

  private static String text(
      RenderContext context, String text, int length, int from, long stride, int count) {
    context.characters(text.length());
    if (count == 0) {
      return "";
    }
    boolean basic = length == text.length();
    if (stride == 1) {
      int start = basic ? from : text.offsetByCodePoints(0, from);
      return text.substring(start, basic ? from + count : text.offsetByCodePoints(start, count));
    }
    int[] codePoints = text.codePoints().toArray();
    StringBuilder slice = new StringBuilder(count);
    for (long i = 0; i < count; i++) {
      slice.appendCodePoint(codePoints[(int) (from + i * stride)]);
    }
    return slice.toString();
  }
}
