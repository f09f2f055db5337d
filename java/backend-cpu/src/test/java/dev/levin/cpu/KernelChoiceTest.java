package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DeviceException;
import dev.levin.cpu.nativetwin.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

class KernelChoiceTest {
  private static final String FLAG = "--add-modules jdk.incubator.vector";

  /** A platform for which no build has native kernels. */
  private static final String NO_NATIVE = "-Dorg.bytedeco.javacpp.platform=abacus-wood";

  /** Runs in a JVM of its own: opens the backend twice and prints its kernels. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] arguments) {
      for (int i = 0; i < 2; i++) {
        try (CpuBackend backend = CpuBackend.open(CpuOptions.fromProperties())) {
          System.out.println("kernels: " + backend.kernels());
        } catch (RuntimeException e) {
          System.out.println("error: " + e.getMessage());
        }
      }
    }
  }

  private static List<String> runOpener(String... flags) throws IOException, InterruptedException {
    return runOpener(System.getProperty("java.class.path"), List.of(flags));
  }

  private static List<String> runOpener(String classPath, List<String> flags)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath));
    command.add(Opener.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var output = process.getInputStream()) {
      List<String> lines =
          new String(output.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the JVM did not end");
      return lines;
    }
  }

  private static long count(List<String> lines, String text) {
    return lines.stream().filter(line -> line.contains(text)).count();
  }

  @Test
  void scalarKernelsRunWithoutTheModuleAfterOneWarning() throws Exception {
    List<String> lines = runOpener(NO_NATIVE);
    assertEquals(2, count(lines, "kernels: scalar"), lines::toString);
    assertEquals(1, count(lines, FLAG), lines::toString);
  }

  @Test
  void forcedVectorKernelsNeedTheModule() throws Exception {
    List<String> lines = runOpener("-Dlevin.cpu.kernels=vector");
    assertEquals(
        2, count(lines, "error: the vector kernels need the JVM flag " + FLAG), lines::toString);
  }

  @Test
  void forcedNativeKernelsNeedTheirLibrary() throws Exception {
    List<String> lines = runOpener("-Dlevin.cpu.kernels=native", NO_NATIVE);
    String message = "error: this build has no native kernels for abacus-wood";
    assertEquals(2, count(lines, message), lines::toString);
  }

  @Test
  void nativeLibraryThatDoesNotLoadHasAReason(@TempDir Path folder) throws Exception {
    String platform = Loader.getPlatform();
    Path libraries = folder.resolve("dev/levin/cpu/nativetwin").resolve(platform);
    Files.createDirectories(libraries);
    for (String name : List.of("levin_cpu", "jnilevin_cpu")) {
      Files.writeString(libraries.resolve(System.mapLibraryName(name)), "no library at all");
    }
    String classPath = folder + File.pathSeparator + System.getProperty("java.class.path");
    List<String> lines = runOpener(classPath, List.of("-Dlevin.cpu.kernels=native"));
    String message = "error: the native kernels do not load: java.lang.UnsatisfiedLinkError";
    assertEquals(2, count(lines, message), lines::toString);
    lines = runOpener(classPath, List.of("--add-modules=jdk.incubator.vector"));
    assertEquals(2, count(lines, "kernels: vector"), lines::toString);
  }

  @Test
  @ExtendWith(NeedsNative.class)
  void instructionSetIsChecked() throws Exception {
    List<String> lines = runOpener("-Dlevin.cpu.isa=mmx");
    assertEquals(2, count(lines, "error: levin.cpu.isa is 'mmx', expected one of portable, avx2"));
    lines = runOpener("-Dlevin.cpu.isa=portable", "--add-modules=jdk.incubator.vector");
    assertEquals(2, count(lines, "kernels: native"), lines::toString);
  }

  @Test
  void widthIsChecked() throws Exception {
    List<String> lines =
        runOpener("--add-modules=jdk.incubator.vector", "-Dlevin.cpu.vectorBits=192");
    String message = "error: levin.cpu.vectorBits is '192', expected 128, 256 or 512";
    assertEquals(2, count(lines, message), lines::toString);
  }

  private static KernelTable choose(CpuOptions.Kernels kernels, boolean vectorModule) {
    return KernelChoice.choose(new CpuOptions(1, kernels), vectorModule);
  }

  @Test
  void choiceFollowsTheOption() {
    assertEquals("scalar", choose(CpuOptions.Kernels.SCALAR, true).name());
    boolean loaded = NativeLibrary.load() instanceof NativeLibrary.Loaded;
    assertEquals(loaded ? "native" : "vector", choose(CpuOptions.Kernels.AUTO, true).name());
    assertEquals("vector", choose(CpuOptions.Kernels.VECTOR, true).name());
    var error = assertThrows(DeviceException.class, () -> choose(CpuOptions.Kernels.VECTOR, false));
    assertEquals(DeviceException.Kind.UNAVAILABLE, error.kind());
  }
}
