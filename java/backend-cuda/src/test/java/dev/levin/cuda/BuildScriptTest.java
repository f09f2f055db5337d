package dev.levin.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.testkit.Golden;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code native/build.sh} on machines that lack tools, with tools that only say what they got. */
class BuildScriptTest {
  private static final List<String> TOOLS =
      List.of(
          "awk",
          "basename",
          "cat",
          "cmp",
          "cp",
          "dirname",
          "find",
          "getconf",
          "grep",
          "mkdir",
          "mv",
          "paste",
          "sed",
          "sh",
          "sort",
          "touch",
          "uname",
          "wc",
          "xargs");

  /** Notes its arguments, speaks as ptxas does, and leaves the libraries that were asked for. */
  private static final String CMAKE =
      """
      #!/bin/sh
      echo "$*" >> "$ROOT/calls"
      [ "$1" = --build ] || exit 0
      echo "ptxas info    : Compiling entry function 'greedy_kernel' for 'sm_90a'"
      echo "    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads"
      mkdir -p "$2/src" "$2/jni/emulated"
      for library in src/liblevin_cuda.so src/liblevin_cuda_emu.so jni/libjnilevin_cuda.so \\
        jni/emulated/libjnilevin_cuda.so; do
        echo library > "$2/$library"
      done
      """;

  private static final String TOOL = "#!/bin/sh\n";

  private record Result(int code, String out) {}

  @TempDir Path root;
  private Path tools;

  @BeforeEach
  void makeRoom() throws IOException {
    assumeTrue(
        System.getProperty("os.name").equals("Linux"), "native libraries are built on Linux only");
    tools = Files.createDirectories(root.resolve("tools"));
    for (String name : TOOLS) {
      add(name, "#!/bin/sh\nexec " + find(name) + " \"$@\"\n");
    }
    Path checkout = Files.createDirectories(root.resolve("native"));
    for (String script : List.of("build.sh", "format.sh", "spills.sh")) {
      Files.copy(Golden.repository().resolve("native/" + script), checkout.resolve(script));
    }
    Files.createDirectories(root.resolve("jni"));
    for (String glue : List.of("jnijavacpp.cpp", "jnilevin_cuda.cpp")) {
      Files.writeString(root.resolve("jni").resolve(glue), glue);
    }
    Files.createDirectories(root.resolve("jdk/include"));
    Files.writeString(root.resolve("jdk/include/jni.h"), "");
    add("cmake", CMAKE);
    for (String compiler : List.of("c++", "cc", "make", "nvcc")) {
      add(compiler, TOOL);
    }
  }

  private static Path find(String name) {
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      Path file = Path.of(folder, name);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new AssertionError("no " + name + " on the path");
  }

  private void add(String name, String script) throws IOException {
    Path file = Files.writeString(tools.resolve(name), script);
    assertTrue(file.toFile().setExecutable(true));
  }

  private void remove(String name) throws IOException {
    Files.delete(tools.resolve(name));
  }

  private Result build(String arch, String tests) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(tools.resolve("sh").toString(), root.resolve("native/build.sh").toString()));
    command.add("cuda");
    for (String folder : List.of("jni", "build", "classes")) {
      command.add(root.resolve(folder).toString());
    }
    command.addAll(List.of(arch, tests, root.resolve("jdk").toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("ROOT", root.toString());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes());
    return new Result(process.waitFor(), out);
  }

  private String calls() throws IOException {
    Path calls = root.resolve("calls");
    return Files.exists(calls) ? Files.readString(calls) : "";
  }

  private boolean isInstalled(String suffix, String library) {
    String machine = System.getProperty("os.arch").equals("amd64") ? "x86_64" : "arm64";
    Path folder = root.resolve("classes/dev/levin/cuda/binding/linux-" + machine + suffix);
    return Files.exists(folder.resolve(library));
  }

  private boolean isNativeInstalled() {
    return isInstalled("", "liblevin_cuda.so") && isInstalled("", "libjnilevin_cuda.so");
  }

  private boolean isEmulatedInstalled() {
    return isInstalled("-emulated", "liblevin_cuda_emu.so")
        && isInstalled("-emulated", "libjnilevin_cuda.so");
  }

  @Test
  void passesWithoutWhatEveryLibraryNeeds() throws Exception {
    String[][] reasons = {
      {"make", "make is not installed"},
      {"cc", "there is no C compiler (cc)"},
      {"c++", "there is no C++ compiler (c++)"},
      {"cmake", "CMake is not installed"}
    };
    for (String[] reason : reasons) {
      remove(reason[0]);
      Result result = build("auto", "yes");
      assertEquals(0, result.code(), result.out());
      assertEquals(
          "[native] left out: " + reason[1] + "; the Java kernels run instead\n", result.out());
    }
    assertEquals("", calls());
  }

  @Test
  void emulatesWithoutNvcc() throws Exception {
    remove("nvcc");
    Result result = build("auto", "yes");
    assertEquals(0, result.code(), result.out());
    assertTrue(
        result.out().contains("left out: the CUDA library; there is no CUDA compiler (nvcc)"),
        result.out());
    assertTrue(isEmulatedInstalled());
    assertFalse(isNativeInstalled());
  }

  @Test
  void leavesNothingToDoForARunWithoutAGpu() throws Exception {
    Result result = build("auto", "no");
    assertEquals(0, result.code(), result.out());
    assertEquals("[native] left out: the CUDA library; this machine has no GPU\n", result.out());
    assertEquals("", calls());
  }

  @Test
  void compilesForOneArchitectureWhereThereIsNoGpu() throws Exception {
    Result result = build("auto", "yes");
    assertEquals(0, result.code(), result.out());
    assertTrue(calls().contains("-DCMAKE_CUDA_ARCHITECTURES=90a-real\n"), calls());
    assertTrue(isNativeInstalled() && isEmulatedInstalled());
  }

  @Test
  void compilesForTheGpusOfTheMachine() throws Exception {
    add("nvidia-smi", "#!/bin/sh\necho 12.0\necho 8.9\necho ' 8.9 '\n");
    Result result = build("auto", "no");
    assertEquals(0, result.code(), result.out());
    assertTrue(calls().contains("-DCMAKE_CUDA_ARCHITECTURES=120a-real;89-real\n"), calls());
    assertTrue(isNativeInstalled());
    assertFalse(isEmulatedInstalled());
  }

  @Test
  void compilesForEveryArchitecture() throws Exception {
    Result result = build("all", "no");
    assertEquals(0, result.code(), result.out());
    assertTrue(calls().contains("=80-real;90a-real;100a-real;120a-real;"), calls());
  }

  @Test
  void namesKernelsThatSpill() throws Exception {
    Result result = build("90a-real", "no");
    assertTrue(
        result.out().contains("[native] liblevin_cuda.so for 90a-real: 8 bytes\n"), result.out());
    assertTrue(
        result
            .out()
            .contains(
                "[native] spills: greedy_kernel (sm_90a): 4 bytes spill stores, 12 bytes spill"
                    + " loads\n"),
        result.out());
  }

  @Test
  void compilersThatFailAreAnError() throws Exception {
    add("cmake", "#!/bin/sh\necho 'a.cu(1): error: no'\nexit 2\n");
    Result result = build("auto", "yes");
    assertEquals(1, result.code());
    assertTrue(result.out().contains("a.cu(1): error: no"), result.out());
  }

  @Test
  void saysWhereTheFormatIsNotChecked() throws Exception {
    assertTrue(
        build("none", "yes")
            .out()
            .contains("[native] format not checked: clang-format 14 is not installed\n"));
  }

  @Test
  void sourcesThatAreNotFormattedAreAnError() throws Exception {
    add(
        "clang-format-14",
        """
        #!/bin/sh
        [ "$1" = --version ] && echo 'clang-format version 14.0.6' && exit 0
        exit 1
        """);
    Files.createDirectories(root.resolve("native/src"));
    Files.writeString(root.resolve("native/src/a.cc"), "int  a;");
    Result result = build("none", "yes");
    assertEquals(1, result.code());
    assertTrue(result.out().contains("native/format.sh mends them"), result.out());
    assertEquals("", calls());
    assertEquals(0, build("none", "no").code());
  }
}
