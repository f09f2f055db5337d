package dev.levin.formats.template;

import java.util.AbstractList;

/** Python's {@code range}: nothing is stored but its ends. */
final class IntegerRange extends AbstractList<Object> {
  private final long start;
  private final long stop;
  private final long step;
  private final int size;

  /** The caller has checked that {@code size} elements of {@code step} lie within 64 bits. */
  IntegerRange(long start, long stop, long step, int size) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.size = size;
  }

  @Override
  public Object get(int index) {
    return start + index * step;
  }

  @Override
  public int size() {
    return size;
  }

  String text() {
    return step == 1
        ? "range(%d, %d)".formatted(start, stop)
        : "range(%d, %d, %d)".formatted(start, stop, step);
  }
}
