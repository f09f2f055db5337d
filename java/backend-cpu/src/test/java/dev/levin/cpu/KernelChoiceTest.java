package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DeviceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KernelChoiceTest {
  private static final String FLAG = "--add-modules jdk.incubator.vector";

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
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
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
    List<String> lines = runOpener();
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
  void widthIsChecked() throws Exception {
    List<String> lines =
        runOpener("--add-modules=jdk.incubator.vector", "-Dlevin.cpu.vectorBits=192");
    String message = "error: levin.cpu.vectorBits is '192', expected 128, 256 or 512";
    assertEquals(2, count(lines, message), lines::toString);
  }

  @Test
  void choiceFollowsTheOption() {
    assertEquals("scalar", KernelChoice.choose(CpuOptions.Kernels.SCALAR, true).name());
    assertEquals("vector", KernelChoice.choose(CpuOptions.Kernels.AUTO, true).name());
    assertEquals("vector", KernelChoice.choose(CpuOptions.Kernels.VECTOR, true).name());
    var error =
        assertThrows(
            DeviceException.class, () -> KernelChoice.choose(CpuOptions.Kernels.VECTOR, false));
    assertEquals(DeviceException.Kind.UNAVAILABLE, error.kind());
  }
}
