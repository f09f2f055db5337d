package dev.levin.core.quant;

/** The levels that codes stand for, ascending, and the nearest one to any number. */
final class Codebook {
  /** Levels are integers, so midpoints of neighbours are multiples of this part of a unit. */
  private static final float CELLS_PER_UNIT = 2;

  final byte[] levels;

  /** Code of the level nearest to everything in a cell. */
  private final byte[] cells;

  private final float origin;

  Codebook(byte[] levels) {
    this.levels = levels;
    int lowest = levels[0];
    int highest = levels[levels.length - 1];
    this.cells = new byte[(int) CELLS_PER_UNIT * (highest - lowest)];
    this.origin = -lowest * CELLS_PER_UNIT;
    int code = 0;
    for (int cell = 0; cell < cells.length; cell++) {
      float middle = lowest + (cell + 0.5f) / CELLS_PER_UNIT;
      while (code + 1 < levels.length && levels[code + 1] - middle < middle - levels[code]) {
        code++;
      }
      cells[cell] = (byte) code;
    }
  }

  /** The levels from {@code lowest} to {@code highest}, all integers. */
  static Codebook integers(int lowest, int highest) {
    byte[] levels = new byte[highest - lowest + 1];
    for (int code = 0; code < levels.length; code++) {
      levels[code] = (byte) (lowest + code);
    }
    return new Codebook(levels);
  }

  /** The code of the level nearest to {@code value}. */
  int code(float value) {
    int cell = (int) (value * CELLS_PER_UNIT + origin);
    return cells[Math.min(Math.max(cell, 0), cells.length - 1)];
  }
}
