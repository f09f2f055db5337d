package dev.levin.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the C library knows about file descriptors and Java does not tell. Where the functions are
 * missing nothing counts as a terminal.
 */
final class NativeTerminal {
  static final int STANDARD_INPUT = 0;
  static final int STANDARD_OUTPUT = 1;
  static final int STANDARD_ERROR = 2;

  private NativeTerminal() {}

  static boolean isTerminal(int descriptor) {
    return call("isatty", descriptor) == 1;
  }

  /** Makes {@code target} another name of {@code source}'s file and closes {@code source}. */
  static void move(int source, int target) {
    if (call("dup2", source, target) == target) {
      call("close", source);
    }
  }

  private static int call(String function, int... arguments) {
    Optional<MethodHandle> handle = find(function, arguments.length);
    if (handle.isEmpty()) {
      return -1;
    }
    try {
      MethodHandle spread = handle.get().asSpreader(int[].class, arguments.length);
      return (int) spread.invokeExact(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(function + " cannot be called", e);
    }
  }

  @SuppressWarnings("restricted")
  private static Optional<MethodHandle> find(String function, int parameters) {
    MemoryLayout[] layouts = new MemoryLayout[parameters];
    Arrays.fill(layouts, ValueLayout.JAVA_INT);
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(function)
        .map(
            symbol ->
                linker.downcallHandle(
                    symbol, FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts)));
  }
}
