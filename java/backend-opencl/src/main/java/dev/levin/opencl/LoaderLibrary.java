package dev.levin.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;

/**
 * The library that finds OpenCL drivers. Looked for before JOCL does, which prints a warning when
 * it is not there.
 */
final class LoaderLibrary {
  private static final List<String> NAMES =
      List.of(
          "libOpenCL.so.1",
          "libOpenCL.so",
          "OpenCL.dll",
          "/System/Library/Frameworks/OpenCL.framework/OpenCL");

  private LoaderLibrary() {}

  static boolean isPresent() {
    return isPresent(NAMES);
  }

  @SuppressWarnings("restricted")
  static boolean isPresent(List<String> names) {
    for (String name : names) {
      try (Arena arena = Arena.ofConfined()) {
        SymbolLookup.libraryLookup(name, arena);
        return true;
      } catch (IllegalArgumentException e) {
        continue;
      }
    }
    return false;
  }
}
