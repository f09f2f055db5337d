package dev.levin.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.NativeLibrary;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why CUDA is absent, one line each, in processes that find other libraries and other drivers. */
@Tag("cuda")
class ProbeTest {
  private static final String FOLDER = "dev/levin/cuda/binding/";
  private static final String NATIVE = FOLDER + Loader.getPlatform();
  private static final String EMULATED = NATIVE + "-emulated";
  private static final String GLUE = System.mapLibraryName("jnilevin_cuda");
  private static final String KERNELS = System.mapLibraryName("levin_cuda_emu");

  @TempDir Path temp;

  /** What the provider says in a JVM that looks for classes and drivers in {@link #temp} first. */
  private String probe(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of(options));
    command.add("-classpath");
    command.add(temp + File.pathSeparator + System.getProperty("java.class.path"));
    command.add(ProbeMain.class.getName());
    return run(command);
  }

  private String run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LD_LIBRARY_PATH", temp.toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(0, process.exitValue(), output);
    return output.strip();
  }

  /** A library of a few lines of C, as a driver or as kernels. */
  private void compile(Path library, String source) throws IOException, InterruptedException {
    assumeTrue(hasCompiler(), "there is no C compiler (cc)");
    Files.createDirectories(library.getParent());
    Path file = Files.writeString(temp.resolve("library.c"), source);
    run(List.of("cc", "-shared", "-fPIC", "-o", library.toString(), file.toString()));
  }

  private static boolean hasCompiler() {
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, "cc"))) {
        return true;
      }
    }
    return false;
  }

  private static Path built(String folder, String library) {
    URL resource = ProbeTest.class.getResource("/" + folder + "/" + library);
    if (resource == null) {
      return abort("this build has no " + folder + "/" + library);
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void unknownLibrariesAreRefused() throws Exception {
    assertEquals(
        "absent: levin.cuda.library is 'abacus', expected native or emulated",
        probe("-Dlevin.cuda.library=abacus"));
  }

  @Test
  void buildsWithoutALibrarySaySo() throws Exception {
    assertEquals(
        "absent: this build has no CUDA library for linux-abacus",
        probe("-Dorg.bytedeco.javacpp.platform=linux-abacus"));
  }

  /** Any other version of the interface would read structs otherwise than they are written. */
  @Test
  void anotherVersionOfTheInterfaceIsRefused() throws Exception {
    Path glue = built(EMULATED, GLUE);
    compile(temp.resolve(EMULATED).resolve(KERNELS), "int levin_abi_version(void) { return 99; }");
    Files.copy(glue, temp.resolve(EMULATED).resolve(GLUE));
    assertEquals(
        "absent: the CUDA library has version 99 of levin.h, this program version "
            + Levin.LEVIN_ABI_VERSION
            + ": build it again",
        probe("-Dlevin.cuda.library=" + NativeLibrary.EMULATED));
  }

  @Test
  void brokenLibrariesAreNamed() throws Exception {
    Path glue = built(EMULATED, GLUE);
    Path kernels = temp.resolve(EMULATED).resolve(KERNELS);
    Files.createDirectories(kernels.getParent());
    Files.writeString(kernels, "no library");
    Files.copy(glue, temp.resolve(EMULATED).resolve(GLUE));
    // The JVM may warn of what it sees in such a file first.
    String line =
        probe("-Dlevin.cuda.library=" + NativeLibrary.EMULATED).lines().toList().getLast();
    assertTrue(line.startsWith("absent: the CUDA library does not load: " + kernels), line);
  }

  /** A file that is no library stands in for what is not installed, where a driver is. */
  @Test
  void aMissingDriverIsNamedWithTheVersionNeeded() throws Exception {
    built(NATIVE, GLUE);
    Files.writeString(temp.resolve("libcuda.so.1"), "no driver");
    String line = probe();
    assertTrue(
        line.matches(
            "absent: no CUDA driver: libcuda.so.1 is not installed \\(this library needs one for"
                + " CUDA \\d+\\.\\d+\\)"),
        line);
  }

  @Test
  void anOldDriverIsNamedWithBothVersions() throws Exception {
    built(NATIVE, GLUE);
    compile(
        temp.resolve("libcuda.so.1"),
        """
        int cuDriverGetVersion(int* version) { *version = 11040; return 0; }
        int cuInit(unsigned flags) { return 0; }
        """);
    String line = probe();
    assertTrue(
        line.matches(
            "absent: the CUDA driver is too old: it supports CUDA 11\\.4, this library needs"
                + " \\d+\\.\\d+"),
        line);
  }

  @Test
  void aDriverWithoutDevicesIsAbsent() throws Exception {
    built(NATIVE, GLUE);
    compile(
        temp.resolve("libcuda.so.1"),
        """
        int cuDriverGetVersion(int* version) { *version = 99000; return 0; }
        int cuInit(unsigned flags) { return 100; }
        """);
    assertEquals("absent: the CUDA driver sees no device", probe());
  }

  @Test
  void unknownSharesOfMemoryAreRefused() throws Exception {
    built(EMULATED, GLUE);
    for (String share : List.of("0", "1.5", "NaN", "much")) {
      assertEquals(
          "absent: levin.cuda.memory is '%s', expected a number above 0 and at most 1"
              .formatted(share),
          probe("-Dlevin.cuda.library=" + NativeLibrary.EMULATED, "-Dlevin.cuda.memory=" + share));
    }
  }

  @Test
  void switchesThatAreNeitherOnNorOffAreRefused() throws Exception {
    built(EMULATED, GLUE);
    for (String property : List.of("levin.cuda.graphs", "levin.cuda.debug")) {
      assertEquals(
          "absent: " + property + " is 'of', expected on or off",
          probe("-Dlevin.cuda.library=" + NativeLibrary.EMULATED, "-D" + property + "=of"));
    }
  }

  @Test
  void unknownDevicesAreRefused() throws Exception {
    built(EMULATED, GLUE);
    String line =
        probe("-Dlevin.cuda.library=" + NativeLibrary.EMULATED, "-Dlevin.cuda.device=abacus");
    assertTrue(line.startsWith("absent: levin.cuda.device is 'abacus', the devices are 0 '"), line);
  }

  /** Never taken by itself, whatever else is absent. */
  @Test
  void theEmulatorScoresNothing() throws Exception {
    built(EMULATED, GLUE);
    assertEquals("ready: 0", probe("-Dlevin.cuda.library=" + NativeLibrary.EMULATED));
  }
}
