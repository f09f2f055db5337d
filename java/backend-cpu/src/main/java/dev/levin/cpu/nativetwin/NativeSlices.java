package dev.levin.cpu.nativetwin;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.cpu.AttentionSlice;
import dev.levin.cpu.PartialAttention;
import dev.levin.cpu.SliceKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** The attention of {@code levin_cpu.h}. */
final class NativeSlices implements SliceKernels {
  private final boolean[] reads = new boolean[DType.values().length];

  NativeSlices() {
    for (DType dtype : DType.values()) {
      reads[dtype.ordinal()] = LevinCpu.attends(NativeCalls.id(dtype)) != 0;
    }
  }

  @Override
  public boolean reads(DType dtype) {
    return reads[dtype.ordinal()];
  }

  @Override
  public Worker newWorker() {
    return new NativeWorker();
  }

  private static final class NativeWorker implements Worker {
    private final NativeMemory struct = new NativeMemory();
    private final NativeMemory pages = new NativeMemory();
    private final NativeMemory queries = new NativeMemory();
    private final NativeMemory ranges = new NativeMemory();
    private final NativeMemory treeMask = new NativeMemory();
    private final NativeMemory results = new NativeMemory();
    private final NativeMemory scratch = new NativeMemory();
    private final LevinCpu.AttendArgs args;

    NativeWorker() {
      args = new LevinCpu.AttendArgs(struct.ensure(LevinCpu.AttendArgs.BYTES));
    }

    @Override
    public void attend(AttentionSlice slice) {
      int rows = slice.rows();
      setCaches(slice);
      setPages(slice);
      setQueries(slice);
      setTreeMask(slice);
      args.rows(rows);
      args.key_dim(slice.keyDim());
      args.value_dim(slice.valueDim());
      args.scale(slice.op().smScale());
      args.soft_cap(slice.op().softCap());
      args.dtype(NativeCalls.id(slice.op().kCache().dtype()));
      int sums = rows * slice.valueDim();
      long address = results.ensure((sums + 2L * rows) * Float.BYTES);
      args.sums(address);
      args.maxima(address + 4L * sums);
      args.totals(address + 4L * sums + 4L * rows);
      long scratchBytes = LevinCpu.attendScratchBytes(rows, slice.keyDim(), slice.valueDim());
      args.scratch(scratch.ensure(scratchBytes));
      args.scratch_bytes(scratchBytes);
      MemorySegment values = slice.op().vCache() == null ? MemorySegment.NULL : slice.valueCache();
      NativeCalls.check(GuardedCalls.attend(slice.keyCache(), values, struct.segment()));
      PartialAttention result = slice.result();
      copy(0, result.sums(), sums);
      copy(4L * sums, result.maxima(), rows);
      copy(4L * sums + 4L * rows, result.totals(), rows);
    }

    private void copy(long at, float[] target, int count) {
      MemorySegment.copy(results.segment(), ValueLayout.JAVA_FLOAT, at, target, 0, count);
    }

    private void setCaches(AttentionSlice slice) {
      Tensor keys = slice.op().kCache();
      args.keys(address(slice.keyCache(), keys, slice.kvHead()));
      args.key_page_stride(keys.stride(0));
      args.key_stride(keys.stride(2));
      Tensor values = slice.op().vCache();
      if (values == null) {
        args.values(0);
        return;
      }
      args.values(address(slice.valueCache(), values, slice.kvHead()));
      args.value_page_stride(values.stride(0));
      args.value_stride(values.stride(2));
    }

    /** Where a head of page 0 lies. The kernels know no bounds, so the last page's are checked. */
    private static long address(MemorySegment memory, Tensor cache, int head) {
      if (!memory.scope().isAlive()) {
        throw new IllegalStateException("the buffer of cache " + cache + " is closed");
      }
      long at = cache.offset(0, head, 0);
      long last = cache.offset(cache.dim(0) - 1, head, cache.dim(2) - 1) + cache.rowBytes();
      Objects.checkFromToIndex(at, last, memory.byteSize());
      return memory.address() + at;
    }

    private void setPages(AttentionSlice slice) {
      int pageSize = slice.pageSize();
      int first = slice.from() / pageSize;
      int end = Math.ceilDiv(slice.to(), pageSize);
      args.pages(pages.ensure((long) (end - first) * Integer.BYTES));
      for (int entry = first; entry < end; entry++) {
        pages.segment().setAtIndex(ValueLayout.JAVA_INT, entry - first, slice.page(entry));
      }
      args.page_size(pageSize);
      args.from(slice.from());
      args.to(slice.to());
    }

    private void setQueries(AttentionSlice slice) {
      int rows = slice.rows();
      int floats = rows * slice.keyDim();
      args.queries(queries.ensure((long) floats * Float.BYTES));
      MemorySegment.copy(slice.queries(), 0, queries.segment(), ValueLayout.JAVA_FLOAT, 0, floats);
      long address = ranges.ensure(2L * rows * Integer.BYTES);
      args.firsts(address);
      args.ends(address + 4L * rows);
      for (int row = 0; row < rows; row++) {
        ranges.segment().setAtIndex(ValueLayout.JAVA_INT, row, slice.first(row));
        ranges.segment().setAtIndex(ValueLayout.JAVA_INT, (long) rows + row, slice.end(row));
      }
    }

    private void setTreeMask(AttentionSlice slice) {
      if (slice.treeMask() == null) {
        args.tree_mask(0);
        return;
      }
      long words = slice.op().treeMask().dim(1);
      args.tree_mask(treeMask.ensure(slice.rows() * words * Integer.BYTES));
      args.tree_words(words);
      args.first_own(slice.firstOwnKey());
      for (int row = 0; row < slice.rows(); row++) {
        long at = row * words * Integer.BYTES;
        MemorySegment.copy(
            slice.treeMask(), slice.treeMaskAt(row), treeMask.segment(), at, words * Integer.BYTES);
      }
    }
  }
}
