package dev.levin.cpu.nativetwin;

import dev.levin.core.DeviceException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * Whether the native kernels can run in this process, found out once. A library that is missing or
 * does not load is a value with a reason.
 *
 * <p>System property {@code levin.cpu.isa} chooses among the instruction sets the kernels are
 * compiled for (default: the best this processor has).
 */
public sealed interface NativeLibrary {
  /** Names an instruction set, for example {@code avx2}. */
  String ISA = "levin.cpu.isa";

  /**
   * The library is loaded.
   *
   * @param isa instruction set of its kernels, for example {@code avx512-vnni}
   */
  record Loaded(String isa) implements NativeLibrary {}

  /** It is not; {@code reason} is one line. */
  record Absent(String reason) implements NativeLibrary {}

  /**
   * Loads the library on the first call.
   *
   * @throws IllegalArgumentException when {@code levin.cpu.isa} names no instruction set
   * @throws DeviceException of kind UNAVAILABLE when it names one that cannot run here
   */
  static NativeLibrary load() {
    NativeLibrary library = Holder.LIBRARY;
    String wanted = System.getProperty(ISA, "").strip();
    if (library instanceof Loaded loaded && !wanted.isEmpty() && !wanted.equals(loaded.isa())) {
      force(wanted);
      return new Loaded(wanted);
    }
    return library;
  }

  private static void force(String wanted) {
    List<String> names = new ArrayList<>();
    for (int isa = 0; LevinCpu.isaName(isa) != null; isa++) {
      if (LevinCpu.isaName(isa).equals(wanted)) {
        if (LevinCpu.forceIsa(isa) != LevinCpu.OK) {
          throw new DeviceException(
              DeviceException.Kind.UNAVAILABLE, ISA + ": " + LevinCpu.lastError());
        }
        return;
      }
      names.add(LevinCpu.isaName(isa));
    }
    throw new IllegalArgumentException(
        "%s is '%s', expected one of %s".formatted(ISA, wanted, String.join(", ", names)));
  }

  /** Loads when it is first asked for. */
  final class Holder {
    private static final NativeLibrary LIBRARY = tryToLoad();

    private Holder() {}

    private static NativeLibrary tryToLoad() {
      try {
        String platform = Loader.getPlatform();
        String file = System.mapLibraryName("jnilevin_cpu");
        if (LevinCpu.class.getResource(platform + "/" + file) == null) {
          return new Absent("this build has no native kernels for " + platform);
        }
        Loader.load(LevinCpu.class);
        GuardedCalls.requireLinked();
        return new Loaded(LevinCpu.isaName(LevinCpu.isa()));
      } catch (LinkageError | RuntimeException e) {
        return new Absent("the native kernels do not load: " + firstLine(e));
      }
    }

    private static String firstLine(Throwable e) {
      return e.toString().lines().findFirst().orElse("");
    }
  }
}
