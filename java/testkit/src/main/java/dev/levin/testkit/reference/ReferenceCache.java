package dev.levin.testkit.reference;

import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import java.lang.foreign.MemorySegment;

/** Rotary embedding and what writes to pages. */
final class ReferenceCache {
  private ReferenceCache() {}

  static void ropeTable(RopeTable op) {
    int[] positions = Rows.ints(op.positions());
    double[] invFreq = Rows.read(op.invFreq());
    for (int t = 0; t < positions.length; t++) {
      double[] out = new double[2 * invFreq.length];
      for (int i = 0; i < invFreq.length; i++) {
        double angle = positions[t] * invFreq[i];
        out[i] = op.scale() * Math.cos(angle);
        out[invFreq.length + i] = op.scale() * Math.sin(angle);
      }
      Rows.write(op.out(), out, t);
    }
  }

  static void ropeAppend(RopeAppend op) {
    int[] slots = Rows.ints(op.slotMapping());
    int pageSize = Math.toIntExact(op.kCache().dim(2));
    for (int t = 0; t < slots.length; t++) {
      for (long h = 0; h < op.q().dim(1); h++) {
        Rows.write(op.q(), rotated(op, t, Rows.read(op.q(), t, h)), t, h);
      }
      if (slots[t] < 0) {
        continue;
      }
      long page = slots[t] / pageSize;
      long slot = slots[t] % pageSize;
      for (long h = 0; h < op.k().dim(1); h++) {
        Rows.write(op.kCache(), rotated(op, t, Rows.read(op.k(), t, h)), page, h, slot);
        if (op.v() != null) {
          Rows.write(op.vCache(), Rows.read(op.v(), t, h), page, h, slot);
        }
      }
    }
  }

  private static double[] rotated(RopeAppend op, int t, double[] head) {
    if (op.cosSin() == null) {
      return head;
    }
    double[] cosSin = Rows.read(op.cosSin(), t);
    int pairs = cosSin.length / 2;
    double[] result = head.clone();
    for (int i = 0; i < pairs; i++) {
      boolean half = op.style() == RopeStyle.HALF;
      int first = op.rotaryOffset() + (half ? i : 2 * i);
      int second = op.rotaryOffset() + (half ? i + pairs : 2 * i + 1);
      double cos = cosSin[i];
      double sin = cosSin[pairs + i];
      result[first] = head[first] * cos - head[second] * sin;
      result[second] = head[second] * cos + head[first] * sin;
    }
    return result;
  }

  static void copyPages(CopyPages op) {
    int[] from = Rows.ints(op.from());
    int[] to = Rows.ints(op.to());
    Tensor cache = op.cache();
    MemorySegment segment = HostBuffer.segmentOf(cache);
    long pageBytes = cache.stride(0);
    for (int i = 0; i < from.length; i++) {
      MemorySegment.copy(segment, cache.offset(from[i]), segment, cache.offset(to[i]), pageBytes);
    }
  }
}
