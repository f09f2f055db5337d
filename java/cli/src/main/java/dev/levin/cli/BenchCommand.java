package dev.levin.cli;

import dev.levin.core.DType;
import dev.levin.measure.BackendChoice;
import dev.levin.measure.Environment;
import dev.levin.measure.model.BenchPlan;
import dev.levin.measure.model.ModelBench;
import dev.levin.measure.model.ModelChoice;
import dev.levin.measure.model.ModelReport;
import dev.levin.measure.model.ModelResult;
import dev.levin.measure.model.Workload;
import dev.levin.measure.report.ModelReportWriter;
import dev.levin.measure.report.Numbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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

  @Option(
      names = "--fork",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Gives each model on each backend a JVM of its own when there are several, since a JVM"
              + " compiles kernels by what it ran before; --no-fork runs all in one.")
  private boolean fork;

  @Option(names = "--tests-before", hidden = true, defaultValue = "0")
  private int testsBefore;

  @Option(names = "--tests", hidden = true, defaultValue = "0")
  private int testsInAll;

  BenchCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    output.check();
    List<BenchModels.Named> named = models.choices(io);
    BenchPlan plan = plan(named.stream().map(BenchModels.Named::choice).toList());
    Environment environment = output.environment();
    List<ModelResult> results = new ArrayList<>();
    int code = ExitCode.OK;
    try {
      if (fork && named.size() * plan.backends().size() > 1) {
        code = runForks(named, plan, results);
      } else {
        int total = testsInAll == 0 ? plan.size() : testsInAll;
        new ModelBench(plan, new Messages(results, testsBefore, total)).run();
      }
    } catch (RuntimeException e) {
      // Hours of results should not be lost to the last model of a list.
      if (!results.isEmpty()) {
        write(environment, results);
      }
      throw e;
    }
    if (code == ExitCode.OK || !results.isEmpty()) {
      write(environment, results);
    }
    return code;
  }

  /** Returns the exit code of the first fork that failed: it is the last one then. */
  private int runForks(List<BenchModels.Named> named, BenchPlan plan, List<ModelResult> results)
      throws IOException {
    BenchForks forks = new BenchForks(io);
    Path report = Files.createTempFile("levin-bench", ".json");
    try {
      for (BenchModels.Named model : named) {
        for (BackendChoice backend : plan.backends()) {
          Files.write(report, new byte[0]);
          List<String> arguments = new ArrayList<>(List.of("bench", "--no-fork"));
          arguments.addAll(model.arguments());
          arguments.addAll(BackendLists.arguments(backend));
          arguments.addAll(tests(plan));
          arguments.addAll(List.of("--tests-before", Integer.toString(results.size())));
          arguments.addAll(List.of("--tests", Integer.toString(plan.size())));
          arguments.addAll(List.of("--save", report.toString()));
          int code = forks.run(arguments, report, results);
          if (!ExitCode.isOwn(code)) {
            // Whoever ended it left it no time to say so.
            io.message(
                "levin: the JVM of %s on %s ended with exit code %d"
                    .formatted(model.choice().label(), backend.name(), code));
            return ExitCode.INTERNAL;
          }
          if (code != ExitCode.OK) {
            return code;
          }
        }
      }
    } finally {
      Files.delete(report);
    }
    return ExitCode.OK;
  }

  /** The options that say what is measured on each model and backend. */
  private List<String> tests(BenchPlan plan) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--prompt", list(prompts)));
    arguments.addAll(List.of("--generate", list(generated)));
    pairs.forEach(pair -> arguments.addAll(List.of("-pg", pair)));
    arguments.addAll(List.of("--depth", list(depths)));
    arguments.addAll(List.of("--batch", list(maxTokensPerStep)));
    arguments.addAll(List.of("--kv-dtype", String.join(",", kvDtypes)));
    arguments.addAll(List.of("--repetitions", Integer.toString(plan.repetitions())));
    arguments.addAll(List.of("--warmup", Integer.toString(plan.warmups())));
    return arguments;
  }

  private static String list(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private void write(Environment environment, List<ModelResult> results) throws IOException {
    ModelReportWriter writer = new ModelReportWriter(new ModelReport(environment, results));
    output.write(io, writer::write);
  }

  private BenchPlan plan(List<ModelChoice> choices) {
    List<DType> types = kvDtypes.stream().map(name -> RunOptions.kvDtype(spec, name)).toList();
    return new BenchPlan(
        choices,
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
    private final int before;
    private final int total;

    Messages(List<ModelResult> results, int before, int total) {
      this.results = results;
      this.before = before;
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
                  before + results.size(),
                  total,
                  result.model(),
                  result.test(),
                  Numbers.spread(result.tokensPerSecond(), result.deviation())));
    }
  }
}
