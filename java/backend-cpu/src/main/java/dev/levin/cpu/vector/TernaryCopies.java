package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The copies of all weights of a backend. Bound by one thread, then found by its workers. */
final class TernaryCopies {
  private static final Comparator<TernaryRows> BY_ADDRESS =
      Comparator.comparingLong(TernaryRows::address);

  /** Of weights that cannot change, by ascending address. */
  private final List<TernaryRows> kept = new ArrayList<>();

  /** Of the weights of the op that runs, by ascending address. */
  private final List<TernaryRows> bound = new ArrayList<>();

  void bind(
      DType dtype,
      MemorySegment weight,
      boolean constant,
      long[] at,
      int count,
      long rowStride,
      int rows,
      int k) {
    bound.clear();
    for (int i = 0; i < count; i++) {
      TernaryRows copy = constant ? below(kept, weight.address() + at[i]) : null;
      if (copy == null || !copy.isOf(dtype, weight, at[i], rowStride, rows, k)) {
        copy = TernaryRows.copy(dtype, weight, at[i], rowStride, rows, k);
        if (constant) {
          keep(copy);
        }
      }
      bound.add(copy);
    }
    bound.sort(BY_ADDRESS);
  }

  /** Other weights may lie now where closed ones did. */
  private void keep(TernaryRows copy) {
    kept.removeIf(old -> !old.weight.scope().isAlive() || old.address() == copy.address());
    kept.add(copy);
    kept.sort(BY_ADDRESS);
  }

  /** The copy of the bound weight that has a row at the byte offset. */
  TernaryRows find(MemorySegment weight, long at) {
    return below(bound, weight.address() + at);
  }

  /** The last copy of what begins at or below an address, or null. */
  private static TernaryRows below(List<TernaryRows> copies, long address) {
    int low = 0;
    int high = copies.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (copies.get(middle).address() <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == 0 ? null : copies.get(low - 1);
  }
}
