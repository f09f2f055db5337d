package dev.levin.measure.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.DType;
import dev.levin.core.LevinException;
import dev.levin.demo.DemoModel;
import dev.levin.measure.BackendChoice;
import dev.levin.measure.Environment;
import dev.levin.measure.report.ModelReportWriter;
import dev.levin.measure.report.OutputFormat;
import dev.levin.models.DecoderOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ModelBenchTest {
  private static final List<ModelResult> RESULTS = new ArrayList<>();
  private static ModelReportWriter writer;

  @BeforeAll
  static void measureTheDemoModel() {
    BenchPlan plan =
        new BenchPlan(
            List.of(new ModelChoice(DemoModel.NAME, DemoModel::open)),
            List.of(new BackendChoice("cpu", "", 1)),
            List.of(DType.F32, DType.F16),
            List.of(2),
            List.of(0, 3),
            List.of(new Workload(5, 0), new Workload(0, 2), new Workload(2, 1)),
            2,
            0);
    run(plan);
    assertEquals(plan.size(), RESULTS.size());
    Environment environment = Environment.current("1.0", "abc", "levin bench <&>");
    writer = new ModelReportWriter(new ModelReport(environment, RESULTS));
  }

  private static void run(BenchPlan plan) {
    new ModelBench(
            plan,
            new ModelBench.Listener() {
              @Override
              public void loading(String model, String backend) {}

              @Override
              public void finished(ModelResult result) {
                RESULTS.add(result);
              }
            })
        .run();
  }

  @Test
  void takesTheConfiguredActivations() {
    BenchPlan plan =
        new BenchPlan(
            List.of(new ModelChoice(DemoModel.NAME, DemoModel::open)),
            List.of(new BackendChoice("cpu", "", 1)),
            List.of(DType.F32),
            List.of(2),
            List.of(0),
            List.of(new Workload(1, 0)),
            1,
            0);
    System.setProperty(DecoderOptions.ACTIVATIONS_PROPERTY, "f16");
    try {
      LevinException error = assertThrows(LevinException.class, () -> run(plan));
      assertTrue(error.getMessage().contains("no activations of F16"), error.getMessage());
    } finally {
      System.clearProperty(DecoderOptions.ACTIVATIONS_PROPERTY);
    }
  }

  @Test
  void keepsEverySampleAndWhatARunCosts() {
    for (ModelResult result : RESULTS) {
      assertEquals(2, result.nanos().size(), result.test());
      assertTrue(result.tokensPerSecond() > 0, result.test());
      assertTrue(result.flopsPerRun() > 0, result.test());
      assertNotNull(result.ceilings());
    }
    ModelResult decode = RESULTS.get(1);
    assertEquals("tg2", decode.test());
    assertNotNull(decode.percentOfBandwidth());
    assertNull(decode.percentOfPeak());
    // Every token reads all weights but the embedding's other rows.
    assertTrue(decode.bytesPerRun() > decode.bytes(), decode.toString());
    assertTrue(decode.bytesPerRun() < 3 * decode.bytes(), decode.toString());
    assertNotNull(RESULTS.get(0).percentOfPeak());
    assertNull(RESULTS.get(2).percentOfPeak());
  }

  @Test
  void deeperDecodeReadsMoreBytes() {
    assertEquals("tg2 @ d3", RESULTS.get(4).test());
    assertTrue(RESULTS.get(4).bytesPerRun() > RESULTS.get(1).bytesPerRun());
  }

  @Test
  void tableHasColumnsForWhatVariesOnly() {
    String table = writer.write(OutputFormat.MD);
    String header = table.lines().findFirst().orElseThrow();
    assertEquals(
        List.of("model", "size", "params", "backend", "threads", "kv", "test", "t/s"),
        List.of(header.split("[| ]+")).subList(1, 9));
    assertFalse(header.contains("-b"), header);
    assertTrue(table.contains("-b 2, r = 2"), table);
    assertEquals(2 + RESULTS.size(), table.lines().filter(line -> line.startsWith("|")).count());
  }

  @Test
  void csvHasARowForEachTest() {
    List<String> lines = writer.write(OutputFormat.CSV).lines().toList();
    assertEquals(1 + RESULTS.size(), lines.size());
    assertTrue(lines.get(0).startsWith("model,bytes,"), lines.get(0));
  }

  @Test
  void jsonHoldsSamplesAndEnvironment() throws Exception {
    JsonNode root = new ObjectMapper().readTree(writer.write(OutputFormat.JSON));
    assertEquals("models", root.path("kind").asText());
    assertEquals("levin bench <&>", root.path("environment").path("command").asText());
    assertEquals(RESULTS.size(), root.path("results").size());
    assertEquals(2, root.path("results").path(0).path("nanos").size());
    assertTrue(root.path("results").path(0).path("ceilings").path("flopsPerSecond").asDouble() > 0);
  }

  @Test
  void htmlNeedsNothingElse() {
    String page = writer.write(OutputFormat.HTML);
    for (String outside : List.of("<script", "<link", "src=", "href=", "url(", "@import")) {
      assertFalse(page.contains(outside), outside);
    }
    assertTrue(page.contains("<svg"), page);
    assertTrue(page.contains("levin bench &lt;&amp;&gt;"), page);
  }
}
