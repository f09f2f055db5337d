package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  @TempDir private Path folder;

  @Test
  void measuresTheProductOfItsLists() throws Exception {
    Path page = folder.resolve("bench.html");
    String json =
        Run.of(
                ("bench -p 4 -n 2 -pg 2,1 -d 0,3 --kv-dtype f32,f16 -t 1 -r 2 -o json --save "
                        + page)
                    .split(" "))
            .succeeded();
    JsonNode root = new ObjectMapper().readTree(json);
    assertEquals(3 * 2 * 2, root.path("results").size());
    assertTrue(root.path("environment").path("command").asText().startsWith("levin bench -p 4"));
    assertTrue(Files.readString(page).contains("<svg"));
  }

  @Test
  void measuresASynthesizedModel() {
    String model = folder.resolve("tiny.gguf").toString();
    Run.of("synthesize", "tiny:Q4_0", "-o", model).succeeded();
    String table =
        Run.of("bench", "-m", model, "-p", "4", "-n", "0", "-r", "1", "-t", "1,2").succeeded();
    assertTrue(table.lines().anyMatch(line -> line.matches("\\| tiny.gguf .*pp4.*")), table);
    assertEquals(4, table.lines().filter(line -> line.startsWith("|")).count(), table);
  }

  @Test
  void measuresInOneJvmOrInSeveral() {
    String model = folder.resolve("tiny.gguf").toString();
    Run.of("synthesize", "tiny:Q4_0", "-o", model).succeeded();
    for (String fork : List.of("--fork", "--no-fork")) {
      Run run =
          Run.of(
              ("bench -p 0 -n 0 -pg 2,1 -r 1 --warmup 0 -t 1 --kernels scalar,vector -o csv -m "
                      + model
                      + " "
                      + fork)
                  .split(" "));
      assertEquals(1 + 2, run.succeeded().lines().count(), run.succeeded());
      assertTrue(run.err().contains("2/2  tiny.gguf, pp2+tg1"), run.err());
    }
  }

  @Test
  void keepsWhatItMeasuredBeforeAPartFailed() {
    String model = folder.resolve("tiny.gguf").toString();
    Run.of("synthesize", "tiny:Q4_0", "-o", model).succeeded();
    String missing = folder.resolve("missing.gguf").toString();
    Run run =
        Run.of(
            "bench", "-m", model + "," + missing, "-p", "4", "-n", "0", "-r", "1", "--warmup", "0");
    assertEquals(ExitCode.USER, run.code());
    assertTrue(run.out().contains("| tiny.gguf "), run.out());
    assertTrue(run.err().contains("levin: " + missing + ": no such file"), run.err());
  }

  @Test
  void saysWhenAPartWasKilled() throws Exception {
    String model = folder.resolve("tiny.gguf").toString();
    Run.of("synthesize", "tiny:Q4_0", "-o", model).succeeded();
    AtomicBoolean over = new AtomicBoolean();
    Thread killer = Thread.ofVirtual().start(() -> killFork(over));
    Run run = Run.of(("bench -p 4 -n 0 -r 3 -t 1,2 -m " + model).split(" "));
    over.set(true);
    killer.join();
    assertEquals(ExitCode.INTERNAL, run.code());
    assertTrue(run.err().contains("tiny.gguf on auto ended with exit code 137"), run.err());
  }

  /** Not before it is a JVM with an option of its own: at first it is what starts processes. */
  private static void killFork(AtomicBoolean over) {
    while (!over.get()) {
      ProcessHandle.current()
          .children()
          .filter(
              child -> child.info().commandLine().orElse("").contains("DisplayVMOutputToStderr"))
          .forEach(ProcessHandle::destroyForcibly);
      Thread.yield();
    }
  }

  @Test
  void measuresKernelsAndPlotsThem() throws Exception {
    Path results = folder.resolve("kernels.json");
    Path plot = folder.resolve("roofline.svg");
    Run.of(
            ("bench kernels --shapes tiny --op linear --dtype f32 --tokens 1 -r 1 --time 1 -t 1"
                    + " --save "
                    + results)
                .split(" "))
        .succeeded();
    String text =
        Run.of("bench", "roofline", "--results", results.toString(), "--svg", plot.toString())
            .succeeded();
    assertTrue(text.contains("FLOP a byte"), text);
    assertTrue(Files.readString(plot).startsWith("<svg"));
    String compared =
        Run.of(
                ("bench kernels --shapes tiny --op ^Linear --dtype f32 --tokens 1 -r 1 --time 1"
                        + " -t 1 --baseline "
                        + results)
                    .split(" "))
            .succeeded();
    assertTrue(compared.contains("x base"), compared);
  }

  @Test
  void tunesOneBackendThatHasSomethingToTune() {
    String all = Run.of("bench", "kernels", "--tune", "--backend", "cpu,opencl").refused();
    assertTrue(all.contains("--tune needs one backend"), all);
    String auto = Run.of("bench", "kernels", "--tune").refused();
    assertTrue(auto.contains("--tune needs one backend"), auto);
    String none = Run.of("bench", "kernels", "--tune", "--backend", "cpu").refused();
    assertTrue(none.contains("the cpu backend has nothing to tune"), none);
  }

  @Test
  void refusesOtherFilesAsResults() throws Exception {
    Path file = folder.resolve("other.json");
    Files.writeString(file, "[1]");
    String line = Run.of("bench", "roofline", "--results", file.toString()).refused();
    assertTrue(line.contains(file.toString()), line);
    assertFalse(Files.exists(folder.resolve("roofline.svg")));
  }
}
