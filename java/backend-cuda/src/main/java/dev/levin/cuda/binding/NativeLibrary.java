package dev.levin.cuda.binding;

import java.io.File;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * Whether the CUDA library can be used in this process, found out once. What is missing, or does
 * not load, is a value with a reason.
 *
 * <p>System property {@code levin.cuda.library} is {@code native} (the default) or {@code
 * emulated}: the same kernels on a CPU emulation of CUDA, for tests.
 */
public sealed interface NativeLibrary {
  /** Chooses the library. */
  String PROPERTY = "levin.cuda.library";

  /** Value of {@link #PROPERTY}. */
  String NATIVE = "native";

  /** Value of {@link #PROPERTY}. */
  String EMULATED = "emulated";

  /** The library is loaded. */
  record Loaded(boolean emulated) implements NativeLibrary {}

  /** It is not; {@code reason} is one line. */
  record Absent(String reason) implements NativeLibrary {}

  /** Loads the library on the first call. */
  static NativeLibrary load() {
    return Holder.LIBRARY;
  }

  /** Loads when it is first asked for. */
  final class Holder {
    private static final NativeLibrary LIBRARY = tryToLoad();

    private Holder() {}

    private static NativeLibrary tryToLoad() {
      String choice = System.getProperty(PROPERTY, NATIVE).strip();
      if (!List.of(NATIVE, EMULATED).contains(choice)) {
        return new Absent(
            "%s is '%s', expected %s or %s".formatted(PROPERTY, choice, NATIVE, EMULATED));
      }
      boolean emulated = choice.equals(EMULATED);
      try {
        return load(emulated);
      } catch (LinkageError | RuntimeException | IOException e) {
        return new Absent("the CUDA library does not load: " + firstLine(e));
      }
    }

    private static NativeLibrary load(boolean emulated) throws IOException {
      String platform = Loader.getPlatform();
      String folder = platform + (emulated ? "-emulated" : "");
      String library = emulated ? "levin_cuda_emu" : "levin_cuda";
      URL kernels = resource(folder, library);
      URL glue = resource(folder, "jnilevin_cuda");
      if (kernels == null || glue == null) {
        return new Absent(
            "this build has no %sCUDA library for %s"
                .formatted(emulated ? "emulated " : "", platform));
      }
      // The glue asks for the kernels by their soname, which a loaded library answers to.
      Loader.loadLibrary(LevinPreset.class, new URL[] {unpacked(kernels)}, library);
      Loader.loadLibrary(LevinPreset.class, new URL[] {unpacked(glue)}, "jnilevin_cuda");
      int version = Levin.levin_abi_version();
      if (version != Levin.LEVIN_ABI_VERSION) {
        return new Absent(
            "the CUDA library has version %d of levin.h, this program version %d: build it again"
                .formatted(version, Levin.LEVIN_ABI_VERSION));
      }
      return new Loaded(Levin.levin_is_emulated() != 0);
    }

    private static URL resource(String folder, String library) {
      return LevinPreset.class.getResource(folder + "/" + System.mapLibraryName(library));
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

    /** Of the first failure: JavaCPP goes on to look in other folders, and reports that. */
    private static String firstLine(Throwable e) {
      Throwable first = e;
      while (first.getCause() != null) {
        first = first.getCause();
      }
      String text = first.getMessage() == null ? first.toString() : first.getMessage();
      return text.lines().findFirst().orElse("");
    }
  }
}
