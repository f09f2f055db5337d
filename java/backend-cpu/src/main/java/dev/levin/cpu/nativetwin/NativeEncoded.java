package dev.levin.cpu.nativetwin;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import dev.levin.cpu.Gemm;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The products of {@code levin_cpu.h}. */
final class NativeEncoded implements EncodedKernels {
  /** Or'ed to a number: products are looked up instead of multiplied. */
  private static final int TABLES = 1 << 16;

  /**
   * The header's number of each dtype's kernels, {@link NativeCalls#NO_DTYPE} where there are none.
   */
  private final int[] ids = new int[DType.values().length];

  NativeEncoded(Gemm gemm) {
    for (DType dtype : DType.values()) {
      int id = NativeCalls.id(dtype);
      if (gemm == Gemm.LUT && LevinCpu.supports(id | TABLES) != 0) {
        id |= TABLES;
      }
      ids[dtype.ordinal()] = LevinCpu.supports(id) != 0 ? id : NativeCalls.NO_DTYPE;
    }
  }

  /** Whether weights of this dtype can be multiplied. */
  boolean multiplies(DType dtype) {
    return ids[dtype.ordinal()] != NativeCalls.NO_DTYPE;
  }

  @Override
  public Activations newActivations() {
    return new Prepared(ids);
  }

  @Override
  public Worker newWorker() {
    return new NativeWorker();
  }

  private static final class Prepared implements Activations {
    private final int[] ids;
    private final NativeMemory memory = new NativeMemory();
    private int dtype;
    private int k;
    private long rowBytes;
    private long bytes;

    Prepared(int[] ids) {
      this.ids = ids;
    }

    @Override
    public void reset(DType dtype, int rows, int k) {
      this.dtype = ids[dtype.ordinal()];
      this.k = k;
      rowBytes = dtype.rowBytes(k);
      bytes = LevinCpu.activationBytes(this.dtype, rows, k);
      if (bytes < 0) {
        throw new IllegalArgumentException(
            "%d rows of %d values cannot meet %s weights".formatted(rows, k, dtype));
      }
      memory.ensure(bytes);
    }
  }

  private static final class NativeWorker implements Worker {
    private final NativeMemory structs = new NativeMemory();
    private final NativeMemory x = new NativeMemory();
    private final NativeMemory rows = new NativeMemory();
    private final NativeMemory results = new NativeMemory();
    private final NativeMemory scratch = new NativeMemory();
    private final LevinCpu.PrepareArgs prepareArgs;
    private final LevinCpu.LinearArgs linearArgs;
    private final MemorySegment linearSegment;

    NativeWorker() {
      long address = structs.ensure(LevinCpu.PrepareArgs.BYTES + LevinCpu.LinearArgs.BYTES);
      prepareArgs = new LevinCpu.PrepareArgs(address);
      linearArgs = new LevinCpu.LinearArgs(address + LevinCpu.PrepareArgs.BYTES);
      linearSegment = structs.segment().asSlice(LevinCpu.PrepareArgs.BYTES);
    }

    @Override
    public void prepare(Activations activations, float[] source, int from, int to) {
      Prepared prepared = (Prepared) activations;
      int k = prepared.k;
      long bytes = (long) (to - from) * k * Float.BYTES;
      prepareArgs.x(x.ensure(bytes));
      int floats = (to - from) * k;
      MemorySegment.copy(source, from * k, x.segment(), ValueLayout.JAVA_FLOAT, 0, floats);
      prepareArgs.x_stride(k);
      prepareArgs.activations(prepared.memory.address());
      prepareArgs.activations_bytes(prepared.bytes);
      prepareArgs.first(from);
      prepareArgs.tokens(to - from);
      prepareArgs.k(k);
      prepareArgs.dtype(prepared.dtype);
      NativeCalls.check(LevinCpu.prepare(prepareArgs));
    }

    @Override
    public void multiply(
        Activations activations,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int[] chosen,
        int from,
        int to,
        float[] out,
        int outStride) {
      Prepared prepared = (Prepared) activations;
      int tokens = to - from;
      // The kernels know no bounds but these.
      long weightBytes = (weightRows - 1) * rowStride + prepared.rowBytes;
      MemorySegment weightRange = weight.asSlice(at, weightBytes);
      linearArgs.row_stride(rowStride);
      linearArgs.activations(prepared.memory.address());
      linearArgs.activations_bytes(prepared.bytes);
      linearArgs.rows(rows.ensure((long) tokens * Integer.BYTES));
      MemorySegment.copy(chosen, from, rows.segment(), ValueLayout.JAVA_INT, 0, tokens);
      linearArgs.tokens(tokens);
      linearArgs.k(prepared.k);
      linearArgs.n0(0);
      linearArgs.n1(weightRows);
      int floats = Math.multiplyExact(tokens, outStride);
      linearArgs.out(results.ensure((long) floats * Float.BYTES));
      linearArgs.out_stride(outStride);
      long scratchBytes = LevinCpu.scratchBytes(prepared.dtype, prepared.k);
      linearArgs.scratch(scratch.ensure(scratchBytes));
      linearArgs.scratch_bytes(scratchBytes);
      linearArgs.dtype(prepared.dtype);
      NativeCalls.check(GuardedCalls.linear(weightRange, linearSegment));
      MemorySegment.copy(results.segment(), ValueLayout.JAVA_FLOAT, 0, out, 0, floats);
    }
  }
}
