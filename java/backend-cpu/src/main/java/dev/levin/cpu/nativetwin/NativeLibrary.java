package dev.levin.cpu.nativetwin;

import dev.levin.core.DeviceException;
import java.io.File;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
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
        URL kernels = resource("levin_cpu");
        URL glue = resource("jnilevin_cpu");
        if (kernels == null || glue == null) {
          return new Absent("this build has no native kernels for " + Loader.getPlatform());
        }
        // The glue asks for the kernels by their soname, which a loaded library answers to.
        Loader.loadLibrary(LevinCpu.class, new URL[] {unpacked(kernels)}, "levin_cpu");
        Loader.loadLibrary(LevinCpu.class, new URL[] {unpacked(glue)}, "jnilevin_cpu");
        GuardedCalls.requireLinked();
        return new Loaded(LevinCpu.isaName(LevinCpu.isa()));
      } catch (LinkageError | RuntimeException | IOException e) {
        return new Absent("the native kernels do not load: " + firstLine(e));
      }
    }

    private static URL resource(String library) {
      String file = System.mapLibraryName(library);
      return LevinCpu.class.getResource(Loader.getPlatform() + "/" + file);
    }

    /**
     * A library as a file. JavaCPP takes a file it unpacked before for this one if size and time
     * are the same, and the entries of our jars have one time: so the name has the check sum.
     */
    private static URL unpacked(URL resource) throws IOException {
      if (!(resource.openConnection() instanceof JarURLConnection connection)) {
        return resource;
      }
      String path = connection.getEntryName();
      String name = path.substring(path.lastIndexOf('/') + 1);
      String unique = "%08x-%s".formatted(connection.getJarEntry().getCrc(), name);
      File file = Loader.cacheResource(URI.create(resource + "#" + unique).toURL());
      return file.toURI().toURL();
    }

    private static String firstLine(Throwable e) {
      return e.toString().lines().findFirst().orElse("");
    }
  }
}
