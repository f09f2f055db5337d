package dev.levin.measure.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.op.Op;
import dev.levin.measure.BackendChoice;
import dev.levin.measure.Environment;
import dev.levin.measure.report.KernelReportWriter;
import dev.levin.measure.report.OutputFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelBenchTest {
  private static final List<KernelResult> RESULTS = new ArrayList<>();

  @TempDir private Path folder;

  private static KernelPlan plan(String model, String ops) {
    return new KernelPlan(
        List.of(new BackendChoice("cpu", "", 1)),
        List.of(model),
        Pattern.compile(ops),
        Pattern.compile("F32|Q8_0"),
        List.of(2),
        List.of(20),
        2,
        1);
  }

  @BeforeAll
  static void measureEveryOp() {
    new KernelBench(
            plan("tiny", ""),
            new KernelBench.Listener() {
              @Override
              public void finished(KernelResult result) {
                RESULTS.add(result);
              }

              @Override
              public void unsupported(String backend, String kernel, String reason) {
                throw new AssertionError(backend + " " + kernel + " " + reason);
              }
            })
        .run();
  }

  private static KernelReport report() {
    return new KernelReport(Environment.current("1.0", "abc", "levin bench kernels"), RESULTS);
  }

  /** An op without a line here is one whose speed nobody watches. */
  @Test
  void everyOpHasACase() {
    Set<String> ops =
        Arrays.stream(Op.class.getPermittedSubclasses())
            .map(Class::getSimpleName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> measured = new TreeSet<>();
    for (int tokens : new int[] {1, 2}) {
      KernelCases.of(ModelSizes.of("tiny"), List.of(tokens), List.of(20))
          .forEach(one -> measured.add(one.op()));
    }
    assertEquals(ops, measured);
  }

  @Test
  void casesAreDistinct() {
    List<KernelCase> cases =
        KernelCases.of(ModelSizes.of("qwen3-0.6b"), List.of(1, 8), List.of(64));
    long distinct =
        cases.stream().map(one -> one.op() + one.dtype() + one.shape()).distinct().count();
    assertEquals(distinct, cases.size());
  }

  @Test
  void resultsAreConsistent() {
    for (KernelResult result : RESULTS) {
      assertEquals(2, result.samples().size());
      assertTrue(result.micros() > 0, result.toString());
      assertEquals(result.bytes() / result.micros() / 1e3, result.gigabytes(), 1e-6);
      assertTrue(result.percentOfRoofline() > 0, result.toString());
    }
  }

  @Test
  void comparesWithAnEarlierFileAndWithAPlace() throws Exception {
    Path file = folder.resolve("earlier.json");
    Files.writeString(file, new KernelReportWriter(report()).write(OutputFormat.JSON));
    KernelReport earlier = KernelReport.read(file);
    for (KernelResult result : report().against(earlier).results()) {
      assertEquals(1, result.ratio(), 1e-9);
    }
    assertEquals(1, report().against("cpu").results().getFirst().ratio(), 1e-9);
    String table = new KernelReportWriter(report().against("cpu")).write(OutputFormat.MD);
    assertTrue(table.lines().findFirst().orElseThrow().contains("x base"), table);
    assertThrows(IllegalArgumentException.class, () -> report().against("cuda"));
    Files.writeString(file, "{\"kind\": \"models\"}");
    assertThrows(IllegalArgumentException.class, () -> KernelReport.read(file));
    Files.writeString(file, "not json");
    assertThrows(IllegalArgumentException.class, () -> KernelReport.read(file));
  }

  @Test
  void writesAllFormats() {
    KernelReportWriter writer = new KernelReportWriter(report());
    assertEquals(1 + RESULTS.size(), writer.write(OutputFormat.CSV).lines().count());
    String page = writer.write(OutputFormat.HTML);
    assertTrue(page.contains("Roofline of cpu"), page);
    String plot = writer.plots().values().iterator().next().text();
    assertTrue(plot.contains("FLOP a byte"), plot);
    assertTrue(plot.lines().allMatch(line -> line.length() < 90), plot);
    String svg = writer.plots().values().iterator().next().svg();
    assertTrue(svg.startsWith("<svg") && svg.contains("<circle"), svg);
  }

  @Test
  void refusesWhatMatchesNothing() {
    assertThrows(IllegalArgumentException.class, () -> plan("tiny", "Nothing").cases());
    assertThrows(IllegalArgumentException.class, () -> plan("no-model", "").cases());
  }
}
