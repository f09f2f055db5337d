package dev.levin.cpu.nativetwin;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.MemberSetter;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.NoDeallocator;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The functions of {@code levin_cpu.h}, as JavaCPP binds them; that header documents each. {@link
 * NativeLibrary} loads what is behind them.
 *
 * <p>Addresses are {@code long}s and structs lie in memory of our own, so that nothing here is
 * freed by a collector and JavaCPP's limit of physical memory has nothing to count. {@link
 * GuardedCalls} has the functions that read memory of somebody else's.
 */
@Platform(include = "levin/levin_cpu.h", link = "levin_cpu", library = "jnilevin_cpu")
final class LevinCpu {
  static final int OK = 0;

  private LevinCpu() {}

  @Name("levin_cpu_isa")
  static native int isa();

  @Name("levin_cpu_isa_name")
  static native String isaName(int isa);

  @Name("levin_cpu_isa_available")
  static native int isaAvailable(int isa);

  @Name("levin_cpu_force_isa")
  static native int forceIsa(int isa);

  @Name("levin_cpu_supports")
  static native int supports(int dtype);

  @Name("levin_cpu_activation_bytes")
  static native @Cast("int64_t") long activationBytes(
      int dtype, @Cast("int64_t") long tokens, @Cast("int64_t") long k);

  @Name("levin_cpu_scratch_bytes")
  static native @Cast("int64_t") long scratchBytes(int dtype, @Cast("int64_t") long k);

  @Name("levin_cpu_prepare")
  static native int prepare(PrepareArgs args);

  @Name("levin_cpu_attends")
  static native int attends(int dtype);

  @Name("levin_cpu_attend_scratch_bytes")
  static native @Cast("int64_t") long attendScratchBytes(
      @Cast("int64_t") long rows, @Cast("int64_t") long keyDim, @Cast("int64_t") long valueDim);

  @Name("levin_cpu_last_error")
  static native String lastError();

  /** {@code levin_cpu_prepare_args}, over memory of the caller's. */
  @Name("levin_cpu_prepare_args")
  @NoDeallocator
  static final class PrepareArgs extends Pointer {
    static final int BYTES = 8 * 8;

    PrepareArgs(long address) {
      super((Pointer) null);
      this.address = address;
    }

    @MemberSetter
    native void x(@Cast("const float*") long x);

    @MemberSetter
    native void x_stride(@Cast("int64_t") long floats);

    @MemberSetter
    native void activations(@Cast("void*") long activations);

    @MemberSetter
    native void activations_bytes(@Cast("int64_t") long bytes);

    @MemberSetter
    native void first(@Cast("int64_t") long row);

    @MemberSetter
    native void tokens(@Cast("int64_t") long tokens);

    @MemberSetter
    native void k(@Cast("int64_t") long k);

    @MemberSetter
    native void dtype(int dtype);
  }

  /** {@code levin_cpu_linear_args}, over memory of the caller's. */
  @Name("levin_cpu_linear_args")
  @NoDeallocator
  static final class LinearArgs extends Pointer {
    static final int BYTES = 14 * 8;

    LinearArgs(long address) {
      super((Pointer) null);
      this.address = address;
    }

    @MemberSetter
    native void row_stride(@Cast("int64_t") long bytes);

    @MemberSetter
    native void activations(@Cast("const void*") long activations);

    @MemberSetter
    native void activations_bytes(@Cast("int64_t") long bytes);

    @MemberSetter
    native void rows(@Cast("const int32_t*") long rows);

    @MemberSetter
    native void tokens(@Cast("int64_t") long tokens);

    @MemberSetter
    native void k(@Cast("int64_t") long k);

    @MemberSetter
    native void n0(@Cast("int64_t") long first);

    @MemberSetter
    native void n1(@Cast("int64_t") long end);

    @MemberSetter
    native void out(@Cast("float*") long out);

    @MemberSetter
    native void out_stride(@Cast("int64_t") long floats);

    @MemberSetter
    native void scratch(@Cast("void*") long scratch);

    @MemberSetter
    native void scratch_bytes(@Cast("int64_t") long bytes);

    @MemberSetter
    native void dtype(int dtype);
  }

  /** {@code levin_cpu_attend_args}, over memory of the caller's. */
  @Name("levin_cpu_attend_args")
  @NoDeallocator
  static final class AttendArgs extends Pointer {
    static final int BYTES = 26 * 8;

    AttendArgs(long address) {
      super((Pointer) null);
      this.address = address;
    }

    @MemberSetter
    native void keys(@Cast("const void*") long address);

    @MemberSetter
    native void values(@Cast("const void*") long address);

    @MemberSetter
    native void key_page_stride(@Cast("int64_t") long value);

    @MemberSetter
    native void key_stride(@Cast("int64_t") long value);

    @MemberSetter
    native void value_page_stride(@Cast("int64_t") long value);

    @MemberSetter
    native void value_stride(@Cast("int64_t") long value);

    @MemberSetter
    native void pages(@Cast("const int32_t*") long address);

    @MemberSetter
    native void page_size(@Cast("int64_t") long value);

    @MemberSetter
    native void from(@Cast("int64_t") long value);

    @MemberSetter
    native void to(@Cast("int64_t") long value);

    @MemberSetter
    native void queries(@Cast("const float*") long address);

    @MemberSetter
    native void firsts(@Cast("const int32_t*") long address);

    @MemberSetter
    native void ends(@Cast("const int32_t*") long address);

    @MemberSetter
    native void tree_mask(@Cast("const int32_t*") long address);

    @MemberSetter
    native void tree_words(@Cast("int64_t") long value);

    @MemberSetter
    native void first_own(@Cast("int64_t") long value);

    @MemberSetter
    native void rows(@Cast("int64_t") long value);

    @MemberSetter
    native void key_dim(@Cast("int64_t") long value);

    @MemberSetter
    native void value_dim(@Cast("int64_t") long value);

    @MemberSetter
    native void sums(@Cast("float*") long address);

    @MemberSetter
    native void maxima(@Cast("float*") long address);

    @MemberSetter
    native void totals(@Cast("float*") long address);

    @MemberSetter
    native void scratch(@Cast("void*") long address);

    @MemberSetter
    native void scratch_bytes(@Cast("int64_t") long value);

    @MemberSetter
    native void scale(float scale);

    @MemberSetter
    native void soft_cap(float cap);

    @MemberSetter
    native void dtype(int dtype);
  }
}
