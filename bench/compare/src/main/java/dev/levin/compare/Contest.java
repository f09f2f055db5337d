package dev.levin.compare;

import dev.levin.measure.model.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One engine in a JVM of its own. Results go to a file, since engines print what they like: a line
 * {@code label TAB details TAB nanos,nanos,...} for each test.
 */
public final class Contest {
  private static final String PREFILL = "pp";

  private Contest() {}

  /**
   * Arguments: engine, model, tests such as {@code pp128,tg32}, repetitions, threads, results. Ends
   * by exit, since java-llama.cpp leaves a thread that would keep the JVM.
   */
  public static void main(String[] arguments) {
    try {
      run(arguments);
    } catch (Throwable e) {
      e.printStackTrace();
      System.exit(1);
    }
    System.exit(0);
  }

  private static void run(String[] arguments) throws IOException {
    EngineName engine = EngineName.valueOf(arguments[0]);
    Path model = Path.of(arguments[1]);
    List<Workload> workloads = Arrays.stream(arguments[2].split(",")).map(Contest::parse).toList();
    int repetitions = Integer.parseInt(arguments[3]);
    int threads = Integer.parseInt(arguments[4]);
    Path results = Path.of(arguments[5]);
    int longest = workloads.stream().mapToInt(Workload::tokens).max().orElseThrow();
    int step = workloads.stream().mapToInt(Workload::promptTokens).max().orElseThrow();
    List<String> lines = new ArrayList<>();
    try (Contestant contestant =
        open(engine, model, threads, Math.max(1, step), longest, results.getParent())) {
      for (Workload workload : workloads) {
        long[] nanos = contestant.time(workload, repetitions);
        String times =
            Arrays.stream(nanos).mapToObj(Long::toString).collect(Collectors.joining(","));
        lines.add(String.join("\t", workload.label(), contestant.details(), times));
      }
    }
    Files.write(results, lines);
  }

  static Workload parse(String label) {
    int count = Integer.parseInt(label.substring(PREFILL.length()));
    return label.startsWith(PREFILL) ? new Workload(count, 0) : new Workload(0, count);
  }

  private static Contestant open(
      EngineName engine, Path model, int threads, int step, int longest, Path scratch)
      throws IOException {
    return switch (engine) {
      case LEVIN_AUTO, LEVIN_VECTOR -> new LevinContestant(model, threads, step);
      case LLAMA_CPP -> new LlamaCppContestant(model, threads, step, longest);
      case JLAMA -> new JlamaContestant(JlamaFolder.make(model, scratch), scratch, threads);
    };
  }
}
