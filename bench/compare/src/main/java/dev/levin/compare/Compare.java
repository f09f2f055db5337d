package dev.levin.compare;

import dev.levin.measure.Environment;
import dev.levin.measure.Statistics;
import dev.levin.measure.report.EnvironmentLines;
import dev.levin.measure.report.Numbers;
import dev.levin.measure.report.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times engines on the same model files and prints one table. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = "Times Levin beside other engines for the JVM on the same models.")
public final class Compare implements Callable<Integer> {
  private record Result(
      String model, EngineName engine, String test, String details, double[] rates) {
    double mean() {
      return Statistics.mean(rates);
    }
  }

  @Option(
      names = "-m",
      split = ",",
      required = true,
      paramLabel = "FILE",
      description = "GGUF files.")
  private List<Path> models;

  @Option(
      names = "-p",
      split = ",",
      defaultValue = "128,512",
      paramLabel = "N",
      description = "Prompt lengths; default ${DEFAULT-VALUE}.")
  private List<Integer> prompts;

  @Option(
      names = "-n",
      split = ",",
      defaultValue = "32",
      paramLabel = "N",
      description = "Tokens to generate; default ${DEFAULT-VALUE}.")
  private List<Integer> generated;

  @Option(
      names = "-r",
      defaultValue = "3",
      paramLabel = "N",
      description = "Timed runs of each test.")
  private int repetitions;

  @Option(
      names = "-t",
      defaultValue = "2",
      paramLabel = "N",
      description = "Threads of each engine.")
  private int threads;

  @Option(
      names = "--engines",
      split = ",",
      paramLabel = "NAME",
      description = "Some of ${COMPLETION-CANDIDATES}; all when not given.")
  private List<EngineName> engines = List.of(EngineName.values());

  @Option(
      names = "--limit",
      defaultValue = "900",
      paramLabel = "SECONDS",
      description = "An engine that takes longer is stopped; default ${DEFAULT-VALUE}.")
  private int limitSeconds;

  @Option(names = "-o", paramLabel = "FILE", description = "Writes the table there as well.")
  private Path output;

  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Compare());
    command.registerConverter(
        EngineName.class, name -> EngineName.valueOf(name.toUpperCase().replace('-', '_')));
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Environment environment =
        Environment.current(
            "0.1.0-SNAPSHOT", System.getProperty("levin.commit", ""), "levin-compare");
    List<Result> results = new ArrayList<>();
    for (Path model : models) {
      for (EngineName engine : engines) {
        results.addAll(run(engine, model));
      }
    }
    String text = table(results) + "\n" + EnvironmentLines.brief(environment) + "\n";
    System.out.print(text);
    if (output != null) {
      Files.writeString(output, text);
    }
    return 0;
  }

  private List<Result> run(EngineName engine, Path model) throws IOException, InterruptedException {
    Path scratch = Files.createTempDirectory("levin-compare");
    try {
      Path file = scratch.resolve("results.tsv");
      Process process = start(engine, model, file, scratch.resolve("log"));
      boolean ended = process.waitFor(limitSeconds, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      if (!ended || process.exitValue() != 0 || !Files.exists(file)) {
        System.err.printf(
            "%s %s on %s:%n", engine, ended ? "failed" : "took more than the limit", model);
        Files.readAllLines(scratch.resolve("log")).forEach(System.err::println);
        return List.of();
      }
      List<Result> results = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        String[] parts = line.split("\t", -1);
        int tokens = Contest.parse(parts[0]).tokens();
        double[] rates =
            Arrays.stream(parts[2].split(","))
                .mapToDouble(nanos -> tokens * 1e9 / Long.parseLong(nanos))
                .toArray();
        results.add(new Result(model.getFileName().toString(), engine, parts[0], parts[1], rates));
      }
      return results;
    } finally {
      delete(scratch);
    }
  }

  private Process start(EngineName engine, Path model, Path results, Path log) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-modules=jdk.incubator.vector");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(engine.jvmOptions);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Contest.class.getName());
    command.add(engine.name());
    command.add(model.toAbsolutePath().toString());
    List<String> tests = new ArrayList<>();
    prompts.forEach(count -> tests.add("pp" + count));
    generated.forEach(count -> tests.add("tg" + count));
    command.add(String.join(",", tests));
    command.add(Integer.toString(repetitions));
    command.add(Integer.toString(threads));
    command.add(results.toString());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static String table(List<Result> results) {
    Map<String, Double> baseline = new HashMap<>();
    for (Result result : results) {
      if (result.engine() == EngineName.BASELINE) {
        baseline.put(result.model() + result.test(), result.mean());
      }
    }
    Table table =
        Table.of(
            List.of(
                "model", "test", "engine", ">t/s", ">x " + EngineName.BASELINE.label, "details"));
    results.stream()
        .sorted(Comparator.comparing(Result::model).thenComparing(Result::test))
        .forEach(
            result -> {
              Double base = baseline.get(result.model() + result.test());
              table.add(
                  List.of(
                      result.model(),
                      result.test(),
                      result.engine().label,
                      Numbers.spread(result.mean(), Statistics.deviation(result.rates())),
                      base == null ? "" : Numbers.fixed(result.mean() / base, 2),
                      result.details()));
            });
    return table.markdown();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      paths
          .sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.delete(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
