package dev.levin.cpu.nativetwin;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@code levin_cpu_linear_over}, called such that the weight stays open: whoever closes its arena
 * meanwhile is refused with an {@link IllegalStateException}, and a weight that is closed already
 * is one here. An address alone, as JNI takes it, would be read after it was unmapped.
 */
final class GuardedLinear {
  private static final String SYMBOL = "levin_cpu_linear_over";
  private static final MethodHandle LINEAR_OVER = link();

  private GuardedLinear() {}

  /** Fails where the library is loaded but lacks the function. */
  static void requireLinked() {
    if (LINEAR_OVER == null) {
      throw new UnsatisfiedLinkError(SYMBOL);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle link() {
    FunctionDescriptor descriptor =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
    return SymbolLookup.loaderLookup()
        .find(SYMBOL)
        .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, descriptor))
        .orElse(null);
  }

  /**
   * Runs the product.
   *
   * @return a status of {@code levin_cpu.h}
   */
  static int call(MemorySegment weight, MemorySegment linearArgs) {
    try {
      return (int) LINEAR_OVER.invokeExact(weight, linearArgs);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(SYMBOL + " cannot be called", e);
    }
  }
}
