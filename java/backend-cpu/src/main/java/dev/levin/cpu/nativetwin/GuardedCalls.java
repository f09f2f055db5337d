package dev.levin.cpu.nativetwin;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of {@code levin_cpu.h} that read weights and caches, called such that these stay
 * open: whoever closes their arena meanwhile is refused with an {@link IllegalStateException}, and
 * memory that is closed already is one here. An address alone, as JNI takes it, would be read after
 * it was unmapped.
 */
final class GuardedCalls {
  private static final String LINEAR = "levin_cpu_linear_over";
  private static final String ATTEND = "levin_cpu_attend_over";
  private static final MethodHandle LINEAR_OVER =
      link(
          LINEAR,
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
  private static final MethodHandle ATTEND_OVER =
      link(
          ATTEND,
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));

  private GuardedCalls() {}

  /** Fails where the library is loaded but lacks a function. */
  static void requireLinked() {
    if (LINEAR_OVER == null || ATTEND_OVER == null) {
      throw new UnsatisfiedLinkError(LINEAR_OVER == null ? LINEAR : ATTEND);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle link(String symbol, FunctionDescriptor descriptor) {
    return SymbolLookup.loaderLookup()
        .find(symbol)
        .map(address -> Linker.nativeLinker().downcallHandle(address, descriptor))
        .orElse(null);
  }

  /**
   * Runs the product.
   *
   * @return a status of {@code levin_cpu.h}
   */
  static int linear(MemorySegment weight, MemorySegment linearArgs) {
    try {
      return (int) LINEAR_OVER.invokeExact(weight, linearArgs);
    } catch (Throwable e) {
      throw unchecked(LINEAR, e);
    }
  }

  /**
   * Attends to keys and values whose addresses the arguments have.
   *
   * @param keys memory in which the keys lie
   * @param values memory in which the values lie; {@link MemorySegment#NULL} where the keys' rows
   *     hold them
   * @return a status of {@code levin_cpu.h}
   */
  static int attend(MemorySegment keys, MemorySegment values, MemorySegment attendArgs) {
    try {
      return (int) ATTEND_OVER.invokeExact(keys, values, attendArgs);
    } catch (Throwable e) {
      throw unchecked(ATTEND, e);
    }
  }

  private static RuntimeException unchecked(String symbol, Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException exception
        ? exception
        : new IllegalStateException(symbol + " cannot be called", thrown);
  }
}
