package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.testkit.Golden;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a checkout of its own, with a JDK and a Maven that only say what they got. */
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "awk",
          "bash",
          "cat",
          "dirname",
          "env",
          "find",
          "flock",
          "grep",
          "head",
          "mkdir",
          "mktemp",
          "mv",
          "readlink",
          "rm",
          "rmdir",
          "sed",
          "sleep",
          "touch");

  private static final String JAVA =
      """
      #!/usr/bin/env bash
      echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
      echo 'another warning' >&2
      printf '%s\\n' "$@"
      exit 7
      """;

  private static final String MAVEN =
      """
      #!/usr/bin/env bash
      echo "$*" >>"$CALLS"
      sleep 0.2
      mkdir -p "$CHECKOUT/java/cli/target"
      touch "$CHECKOUT/java/cli/target/levin-cli.jar"
      """;

  private static final String FAILING_MAVEN =
      """
      #!/usr/bin/env bash
      echo 'a.java:1: error'
      exit 1
      """;

  /**
   * Runs a command line and ends when nothing can write to its standard error any more: the filter
   * there may outlive the command, and Java reads no more of a process that has ended.
   */
  private static final String ALL_ERRORS =
      "exec 3>&1; \"$0\" \"$@\" 2>&1 >&3 3>&- | cat >&2; exit \"${PIPESTATUS[0]}\"";

  private record Result(int code, String out, String err) {}

  @TempDir private Path folder;
  private Path checkout;
  private Path tools;
  private Path jdk;
  private Path source;

  @BeforeEach
  void layOut() throws IOException {
    checkout = Files.createDirectories(folder.resolve("a checkout"));
    tools = Files.createDirectories(folder.resolve("tools"));
    jdk = Files.createDirectories(folder.resolve("jdks/25/bin")).getParent();
    for (String tool : TOOLS) {
      Optional<Path> found = find(tool);
      assumeTrue(
          found.isPresent() || tool.equals("flock"), () -> "no " + tool + " on this machine");
      if (found.isPresent()) {
        Files.createSymbolicLink(tools.resolve(tool), found.get());
      }
    }
    Files.copy(Golden.repository().resolve("levin"), checkout.resolve("levin"));
    checkout.resolve("levin").toFile().setExecutable(true);
    Files.writeString(checkout.resolve("pom.xml"), "");
    source = Files.createDirectories(checkout.resolve("java/core/src/main")).resolve("A.java");
    Files.writeString(source, "");
    Files.writeString(checkout.resolve("java/core/pom.xml"), "");
  }

  /** JUnit would warn of every link that leads out of the folder it deletes. */
  @AfterEach
  void removeLinks() throws IOException {
    for (String tool : TOOLS) {
      Files.deleteIfExists(tools.resolve(tool));
    }
  }

  private static Optional<Path> find(String tool) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(place -> Path.of(place, tool))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private void installJdk(String version) throws IOException {
    script(jdk.resolve("bin/java"), JAVA);
    script(jdk.resolve("bin/javac"), JAVA);
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
  }

  private static void script(Path path, String text) throws IOException {
    Files.writeString(path, text);
    path.toFile().setExecutable(true);
  }

  private Process start(Map<String, String> variables, String... args) throws IOException {
    String bash = tools.resolve("bash").toString();
    String launcher = checkout.resolve("levin").toString();
    List<String> command = new ArrayList<>(List.of(bash, "-c", ALL_ERRORS, launcher));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", tools.toString());
    environment.put("LEVIN_JDKS", jdk.getParent().toString());
    environment.put("CHECKOUT", checkout.toString());
    environment.put("CALLS", folder.resolve("calls").toString());
    environment.putAll(variables);
    return builder.start();
  }

  private Result run(String... args) throws IOException, InterruptedException {
    return run(Map.of(), args);
  }

  private Result run(Map<String, String> variables, String... args)
      throws IOException, InterruptedException {
    return finish(start(variables, args));
  }

  /** What is written is little enough to fit the pipes, so reading one after the other is safe. */
  private static Result finish(Process process) throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out, err);
  }

  private List<String> calls() throws IOException {
    Path calls = folder.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  @Test
  void namesTheJdkToInstall() throws IOException, InterruptedException {
    Result result = run("devices");
    assertEquals(ExitCode.USER, result.code(), result::toString);
    assertEquals(1, result.err().lines().count(), result::toString);
    assertTrue(result.err().contains("temurin-25-jdk"), result::toString);
  }

  @Test
  void passesOverAnOldJdk() throws IOException, InterruptedException {
    installJdk("17.0.15");
    assertEquals(ExitCode.USER, run(Map.of("JAVA_HOME", jdk.toString()), "devices").code());
  }

  @Test
  void namesMavenWhenItIsNeeded() throws IOException, InterruptedException {
    installJdk("25.0.3");
    Result result = run("devices");
    assertEquals(ExitCode.USER, result.code(), result::toString);
    assertTrue(result.err().contains("Maven is needed"), result::toString);
  }

  @Test
  void runsTheCommandWithItsFlags() throws IOException, InterruptedException {
    installJdk("26-ea");
    script(tools.resolve("mvn"), MAVEN);
    Result result =
        run(Map.of("LEVIN_OPTS", "-Xmx1g -Db=2"), "-Da=1 1", "-Xms1m", "generate", "-Dc");
    assertEquals(7, result.code(), result::toString);
    List<String> args = result.out().lines().toList();
    int main = args.indexOf("dev.levin.cli.Main");
    assertEquals(List.of("generate", "-Dc"), args.subList(main + 1, args.size()));
    assertTrue(
        args.subList(0, main)
            .containsAll(
                List.of(
                    "--add-modules=jdk.incubator.vector",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-Xmx1g",
                    "-Db=2",
                    "-Da=1 1",
                    "-Xms1m")),
        args::toString);
    assertEquals("Building Levin (first run) ...\nanother warning\n", result.err());
  }

  @Test
  void readsArgumentsAsUtf8WhereTheLocaleIsNotInstalled() throws IOException, InterruptedException {
    installJdk("25");
    script(tools.resolve("mvn"), MAVEN);
    script(jdk.resolve("bin/java"), "#!/usr/bin/env bash\necho \"${LC_ALL:-unset}\"\n");
    assertEquals("C.UTF-8\n", run(Map.of("LANG", "xx_XX.UTF-8"), "devices").out());
    assertEquals("C.UTF-8\n", run("devices").out());
    assertEquals("unset\n", run(Map.of("LANG", "C.UTF-8"), "devices").out());
  }

  @Test
  void leavesTheChoiceOfCollectorToTheUser() throws IOException, InterruptedException {
    installJdk("25");
    script(tools.resolve("mvn"), MAVEN);
    Result result = run(Map.of("LEVIN_OPTS", "-XX:+UseZGC"), "devices");
    assertFalse(result.out().contains("SerialGC"), result::toString);
  }

  @Test
  void buildsWhenSourcesChangeAndOnlyThen() throws IOException, InterruptedException {
    installJdk("25.0.3");
    script(tools.resolve("mvn"), MAVEN);
    run("devices");
    run("devices");
    assertEquals(1, calls().size());
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
    assertTrue(run("devices").err().startsWith("Building Levin (sources changed) ...\n"));
    assertEquals(2, calls().size());
  }

  @Test
  void buildsOnceWhenSeveralStart() throws IOException, InterruptedException {
    installJdk("25.0.3");
    script(tools.resolve("mvn"), MAVEN);
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      processes.add(start(Map.of(), "devices"));
    }
    for (Process process : processes) {
      assertEquals(7, finish(process).code());
    }
    assertEquals(1, calls().size());
  }

  @Test
  void showsTheLogOfAFailedBuild() throws IOException, InterruptedException {
    installJdk("25.0.3");
    script(tools.resolve("mvn"), FAILING_MAVEN);
    Result result = run("devices");
    assertEquals(ExitCode.INTERNAL, result.code(), result::toString);
    assertEquals("", result.out());
    assertTrue(result.err().contains("a.java:1: error\nlevin: the build failed"), result::toString);
  }

  @Test
  void runsTheTestSuite() throws IOException, InterruptedException {
    installJdk("25.0.3");
    script(tools.resolve("mvn"), MAVEN);
    Result result = run("test", "-pl", "java/core");
    assertEquals(0, result.code(), result::toString);
    assertTrue(calls().getFirst().endsWith("verify -pl java/core"));
    assertTrue(result.out().endsWith("Skipped: 0 (all modules)\n"), result::toString);
    script(tools.resolve("mvn"), FAILING_MAVEN);
    assertEquals(1, run("test").code());
  }
}
