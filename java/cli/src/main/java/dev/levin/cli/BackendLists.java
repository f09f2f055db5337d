package dev.levin.cli;

import dev.levin.core.backend.Backends;
import dev.levin.measure.BackendChoice;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** On what a bench measures: every combination of these lists is opened afresh. */
final class BackendLists {
  private static final String UNCHANGED = "";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--backend",
      split = ",",
      paramLabel = "B",
      description = "Backends: cpu, opencl, cuda or auto.")
  private List<String> backends = List.of();

  @Option(
      names = "--kernels",
      split = ",",
      paramLabel = "K",
      description = "Kernels of the CPU backend, as in -Dlevin.cpu.kernels.")
  private List<String> kernels = List.of(UNCHANGED);

  @Option(
      names = {"-t", "--threads"},
      split = ",",
      paramLabel = "N",
      description = "Threads of the CPU backend; all cores when not given.")
  private List<Integer> threads = List.of();

  List<BackendChoice> choices() {
    List<BackendChoice> choices = new ArrayList<>();
    for (int count : threads) {
      if (count < 1) {
        throw new ParameterException(
            spec.commandLine(), "--threads is " + count + ", expected 1 or more");
      }
    }
    for (String backend : backends.isEmpty() ? List.of(Backends.configured()) : backends) {
      for (String kernel : kernels) {
        for (int count : threads.isEmpty() ? List.of(0) : threads) {
          choices.add(new BackendChoice(backend, kernel, count));
        }
      }
    }
    return choices;
  }

  /** What names this choice on a command line. */
  static List<String> arguments(BackendChoice choice) {
    List<String> arguments = new ArrayList<>(List.of("--backend", choice.name()));
    if (!choice.kernels().equals(UNCHANGED)) {
      arguments.addAll(List.of("--kernels", choice.kernels()));
    }
    if (choice.threads() != 0) {
      arguments.addAll(List.of("--threads", Integer.toString(choice.threads())));
    }
    return arguments;
  }
}
