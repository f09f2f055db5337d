package dev.levin.cli;

import dev.levin.core.DType;
import dev.levin.measure.Environment;
import dev.levin.measure.model.BenchPlan;
import dev.levin.measure.model.ModelBench;
import dev.levin.measure.model.ModelReport;
import dev.levin.measure.model.ModelResult;
import dev.levin.measure.model.Workload;
import dev.levin.measure.report.ModelReportWriter;
import dev.levin.measure.report.Numbers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Speed of models; every option takes a list and the table is their product. */
@Command(
    name = "bench",
    description = {
      "Measures tokens per second of the forward pass, prompts (pp) and generation (tg).",
      "Every option takes a list, separated by commas; the table is their product."
    },
    mixinStandardHelpOptions = true,
    subcommands = {BenchKernelsCommand.class, BenchRooflineCommand.class})
final class BenchCommand implements Callable<Integer> {
  private final CommandIo io;

  @Spec private CommandSpec spec;

  @Mixin private BenchModels models;

  @Mixin private BackendLists backends;

  @Mixin private ReportOutput output;

  @Option(
      names = {"-p", "--prompt"},
      split = ",",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of prompts; default ${DEFAULT-VALUE}, 0 for none.")
  private List<Integer> prompts;

  @Option(
      names = {"-n", "--generate"},
      split = ",",
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens generated one by one; default ${DEFAULT-VALUE}, 0 for none.")
  private List<Integer> generated;

  @Option(
      names = "-pg",
      paramLabel = "P,N",
      description = "A prompt of P tokens and N generated ones, timed as one; may be repeated.")
  private List<String> pairs = List.of();

  @Option(
      names = {"-d", "--depth"},
      split = ",",
      paramLabel = "N",
      defaultValue = "0",
      description = "Tokens in the cache before each test; default ${DEFAULT-VALUE}.")
  private List<Integer> depths;

  @Option(
      names = {"-b", "--batch"},
      split = ",",
      paramLabel = "N",
      defaultValue = "512",
      description = "Most tokens of a prompt in one forward pass; default ${DEFAULT-VALUE}.")
  private List<Integer> maxTokensPerStep;

  @Option(
      names = "--kv-dtype",
      split = ",",
      paramLabel = "TYPE",
      defaultValue = "f32",
      description = "Types of cached keys and values; default ${DEFAULT-VALUE}.")
  private List<String> kvDtypes;

  @Option(
      names = {"-r", "--repetitions"},
      paramLabel = "N",
      defaultValue = "5",
      description = "Timed runs of each test; default ${DEFAULT-VALUE}.")
  private int repetitions;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Runs of each test before those, and more until the JVM's compiler rests, for ten seconds"
              + " at most; 0 for none. Default ${DEFAULT-VALUE}.")
  private int warmups;

  BenchCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    output.check();
    BenchPlan plan = plan();
    Environment environment = output.environment();
    List<ModelResult> results = new ArrayList<>();
    try {
      new ModelBench(plan, new Messages(results, plan.size())).run();
    } catch (RuntimeException e) {
      // Hours of results should not be lost to the last model of a list.
      if (!results.isEmpty()) {
        write(environment, results);
      }
      throw e;
    }
    write(environment, results);
    return ExitCode.OK;
  }

  private void write(Environment environment, List<ModelResult> results) throws IOException {
    ModelReportWriter writer = new ModelReportWriter(new ModelReport(environment, results));
    output.write(io, writer::write);
  }

  private BenchPlan plan() {
    List<DType> types = kvDtypes.stream().map(name -> RunOptions.kvDtype(spec, name)).toList();
    return new BenchPlan(
        models.choices(io),
        backends.choices(),
        types,
        maxTokensPerStep,
        depths,
        workloads(),
        repetitions,
        warmups);
  }

  private List<Workload> workloads() {
    List<Workload> workloads = new ArrayList<>();
    for (int count : prompts) {
      if (count != 0) {
        workloads.add(new Workload(count, 0));
      }
    }
    for (int count : generated) {
      if (count != 0) {
        workloads.add(new Workload(0, count));
      }
    }
    for (String pair : pairs) {
      if (!pair.matches("\\d{1,8},\\d{1,8}")) {
        throw new ParameterException(
            spec.commandLine(), "-pg is '" + pair + "', expected two numbers as in 512,128");
      }
      String[] parts = pair.split(",");
      workloads.add(new Workload(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
    }
    return workloads;
  }

  private final class Messages implements ModelBench.Listener {
    private final List<ModelResult> results;
    private final int total;

    Messages(List<ModelResult> results, int total) {
      this.results = results;
      this.total = total;
    }

    @Override
    public void loading(String model, String backend) {
      io.message("loading " + model + " on " + backend);
    }

    @Override
    public void finished(ModelResult result) {
      results.add(result);
      io.message(
          "%d/%d  %s, %s: %s t/s"
              .formatted(
                  results.size(),
                  total,
                  result.model(),
                  result.test(),
                  Numbers.spread(result.tokensPerSecond(), result.deviation())));
    }
  }
}
