package dev.levin.compare;

import dev.levin.core.DType;
import dev.levin.formats.ModelFiles;
import dev.levin.measure.BackendChoice;
import dev.levin.measure.model.BenchPlan;
import dev.levin.measure.model.ModelBench;
import dev.levin.measure.model.ModelChoice;
import dev.levin.measure.model.ModelResult;
import dev.levin.measure.model.Workload;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Levin's CPU backend, timed as {@code levin bench} does. */
final class LevinContestant implements Contestant {
  private final Path model;
  private final int threads;
  private final int step;
  private String details = "";

  LevinContestant(Path model, int threads, int step) {
    this.model = model;
    this.threads = threads;
    this.step = step;
  }

  @Override
  public String details() {
    return details;
  }

  @Override
  public long[] time(Workload workload, int repetitions) {
    BenchPlan plan =
        new BenchPlan(
            List.of(new ModelChoice(model.getFileName().toString(), () -> ModelFiles.open(model))),
            List.of(new BackendChoice("cpu", "", threads)),
            List.of(DType.F16),
            List.of(step),
            List.of(0),
            List.of(workload),
            repetitions,
            1);
    List<ModelResult> results = new ArrayList<>();
    new ModelBench(
            plan,
            new ModelBench.Listener() {
              @Override
              public void loading(String label, String backend) {}

              @Override
              public void finished(ModelResult result) {
                results.add(result);
              }
            })
        .run();
    ModelResult result = results.getFirst();
    details = result.kernels();
    return result.nanos().stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public void close() {}
}
