package dev.levin.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Gives the JVM its signal handlers back after a driver took them.
 *
 * <p>A driver that compiles with LLVM lets it register handlers that would delete temporary files
 * of a dying process: among others for SIGSEGV, SIGBUS, SIGILL, SIGQUIT, SIGINT and SIGTERM. PoCL
 * does while it first lists its devices, and takes SIGFPE itself. But HotSpot finds null pointers,
 * safepoints and divisions by zero by such faults. LLVM's handler puts the old ones back when it is
 * first called, and returns; it was installed with SA_RESETHAND though, so that another thread that
 * faults at that moment meets the default action: the process ends, without a word from the JVM.
 * Interrupting the program would not run its shutdown hooks either, and the handler of PoCL may
 * skip a division by zero that should have thrown.
 *
 * <p>LLVM registers once per process, as long as its handlers do not run; PoCL does each time it
 * starts. So only calls that start a driver or compile are guarded, not launches. Without the
 * handler of PoCL a kernel that divides an integer by zero ends the process, as it does in C:
 * kernels do not.
 *
 * <p>What another thread installs while a guarded call runs is undone with it. Where the C library
 * has no {@code sigaction}, nothing happens here.
 */
final class SignalHandlers {
  /** POSIX numbers end before; those for real-time are not a driver's business. */
  private static final int SIGNALS = 31;

  /** More than {@code struct sigaction} takes in any C library; what is in it is not looked at. */
  private static final long STRUCT_BYTES = 256;

  private static final MethodHandle SIGACTION = find().orElse(null);
  private static final MemorySegment SAVED =
      Arena.global().allocate((SIGNALS + 1) * STRUCT_BYTES, Long.BYTES);

  /** Guarded calls under way: a save during one would take the driver's handlers for the JVM's. */
  private static int running;

  private SignalHandlers() {}

  /** Makes a call after which all handlers are what they were, also when it throws. */
  static <T> T kept(Supplier<T> call) {
    begin();
    try {
      return call.get();
    } finally {
      end();
    }
  }

  private static synchronized void begin() {
    if (running == 0) {
      for (int signal = 1; signal <= SIGNALS; signal++) {
        sigaction(signal, MemorySegment.NULL, saved(signal));
      }
    }
    running++;
  }

  /**
   * All of them, changed or not: C libraries leave parts of the struct unwritten, which differ from
   * one reading to the next.
   */
  private static synchronized void end() {
    running--;
    if (running == 0) {
      for (int signal = 1; signal <= SIGNALS; signal++) {
        sigaction(signal, saved(signal), MemorySegment.NULL);
      }
    }
  }

  private static MemorySegment saved(int signal) {
    return SAVED.asSlice(signal * STRUCT_BYTES, STRUCT_BYTES);
  }

  /** The status says nothing of use: SIGKILL and SIGSTOP are refused, and nobody can take them. */
  private static void sigaction(int signal, MemorySegment next, MemorySegment previous) {
    if (SIGACTION == null) {
      return;
    }
    try {
      int status = (int) SIGACTION.invokeExact(signal, next, previous);
    } catch (Throwable e) {
      throw new IllegalStateException("sigaction cannot be called", e);
    }
  }

  @SuppressWarnings("restricted")
  private static Optional<MethodHandle> find() {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("sigaction")
        .map(
            symbol ->
                linker.downcallHandle(
                    symbol,
                    FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS)));
  }
}
