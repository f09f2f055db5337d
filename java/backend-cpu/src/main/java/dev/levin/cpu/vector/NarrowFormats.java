package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.IntegerFormat.fold;
import static dev.levin.cpu.vector.IntegerFormat.limit;
import static dev.levin.cpu.vector.IntegerFormat.order;
import static dev.levin.cpu.vector.Pairs.UNIT;

import dev.levin.core.DType;

/** The formats that vectors of 256 bits multiply as integers. */
final class NarrowFormats {
  private NarrowFormats() {}

  static IntegerFormat make(DType dtype) {
    return switch (dtype) {
      case Q4_0 ->
          new IntegerFormat(new Q40Narrow(), 1, 8, 0, limit(8, 1), 1, 0, shorts(), fold(2, 16));
      case Q4_1 ->
          new IntegerFormat(new Q41Narrow(), 1, 0, 32, limit(15, 1), 1, 0, shorts(), fold(2, 16));
      case Q5_0 ->
          new IntegerFormat(new Q50Narrow(), 1, 16, 0, limit(16, 1), 1, 0, nibbles(), fold(2, 256));
      case Q5_1 ->
          new IntegerFormat(new Q51Narrow(), 1, 0, 32, limit(31, 1), 1, 0, nibbles(), fold(2, 256));
      case MXFP4 ->
          new IntegerFormat(
              new Mxfp4Narrow(), 1, 12, 0, limit(12, 1), Mxfp4Narrow.REBIAS, 0, shorts());
      case Q4_K ->
          new IntegerFormat(new Q4KNarrow(), 1, 0, 32, limit(15, 1), 1, 0, bytes(), fold(2, 256));
      case Q5_K ->
          new IntegerFormat(new Q5KNarrow(), 1, 0, 32, limit(31, 1), 1, 0, bytes(), fold(2, 256));
      case Q6_K ->
          new IntegerFormat(new Q6KNarrow(), 1, 32, 0, limit(32, 1), 1, 0, bytes(), fold(2, 256));
      case Q2_K ->
          new IntegerFormat(new Q2KNarrow(), 1, 0, 16, limit(3, 1), 1, 0, bytes(), fold(2, 256));
      case Q3_K ->
          new IntegerFormat(new Q3KNarrow(), 1, 4, 0, limit(4, 1), 1, 0, bytes(), fold(2, 256));
      case NVFP4 -> new IntegerFormat(new Nvfp4Narrow(), 1, 12, 0, limit(12, 1), 1, 0, eighths());
      case I2_S ->
          new IntegerFormat(new I2sNarrow(), 4, 1, 0, limit(2, 4), 1, 0, upperFirst(), fold(8, 4));
      case TQ2_0 ->
          new IntegerFormat(
              new Tq20Pairs(), 4, 1, 0, limit(2, 4), 1, 0, IntegerFormat.crumbs(), fold(8, 4));
      case TQ1_0 ->
          new IntegerFormat(
              new Tq10Narrow(),
              4,
              1,
              0,
              limit(2, 4),
              1,
              0,
              order(256, Tq10Narrow::valueOf),
              Tq10Narrow.FOLD);
      default -> null;
    };
  }

  /** Values in order, a short each. */
  private static int[] shorts() {
    return order(UNIT, slot -> slot);
  }

  /** Of two bytes a lane the low and the high nibbles of the first, then those of the second. */
  private static int[] nibbles() {
    return order(UNIT, slot -> slot % 2 * 16 + slot % 16 / 2 * 2 + slot / 16);
  }

  /** As {@link #shorts}, but of each 8 bytes low nibbles come first. */
  private static int[] eighths() {
    return order(UNIT, slot -> slot % 16 / 8 * 16 + slot / 16 * 8 + slot % 8);
  }

  /** Values in order, a byte each: the first vector has the even bytes, the second the odd ones. */
  private static int[] bytes() {
    return order(UNIT, NarrowFormats::byteOf);
  }

  /** As {@link IntegerFormat#crumbs}, but values come first that are in the top bits. */
  private static int[] upperFirst() {
    return order(4 * UNIT, slot -> (3 - slot / 16 % 4) * UNIT + byteOf(slot / 64 * 16 + slot % 16));
  }

  /** Where the value of a slot of a unit lies. */
  private static int byteOf(int slot) {
    return slot % 16 / 2 * 4 + slot / 16 + slot % 2 * 2;
  }
}
