package dev.levin.measure.model;

import dev.levin.core.DType;
import dev.levin.core.backend.Ceilings;
import dev.levin.measure.Statistics;
import java.util.List;

/**
 * What one test came to.
 *
 * @param model label of the model
 * @param bytes of all its tensors
 * @param parameters values of all its tensors
 * @param kernels which kernels the device said it runs, empty when it does not say
 * @param threads of the backend, 0 when it does not say
 * @param test for example {@code tg128 @ d4096}
 * @param nanos every timed run
 * @param tokensPerSecond mean over the runs
 * @param deviation standard deviation of {@code tokensPerSecond}
 * @param bytesPerRun fewest bytes one run must move
 * @param flopsPerRun floating-point operations of one run
 * @param ceilings of the same open backend, the mean of readings before, between and after the
 *     runs; or null
 * @param percentOfBandwidth of a decode test, otherwise null
 * @param percentOfPeak of a prefill test, otherwise null
 */
public record ModelResult(
    String model,
    long bytes,
    long parameters,
    String backend,
    String device,
    String kernels,
    int threads,
    DType kvDtype,
    int maxTokensPerStep,
    int depth,
    String test,
    int promptTokens,
    int generatedTokens,
    List<Long> nanos,
    double tokensPerSecond,
    double deviation,
    long bytesPerRun,
    long flopsPerRun,
    Ceilings ceilings,
    Double percentOfBandwidth,
    Double percentOfPeak) {

  /** One model on one open backend. */
  record Subject(
      String model,
      long bytes,
      long parameters,
      String backend,
      String device,
      String kernels,
      int threads) {

    ModelResult result(
        BenchCase test, List<Long> nanos, long bytesPerRun, long flopsPerRun, Ceilings ceilings) {
      Workload workload = test.workload();
      double[] speeds = new double[nanos.size()];
      for (int i = 0; i < speeds.length; i++) {
        speeds[i] = workload.tokens() * 1e9 / Math.max(1, nanos.get(i));
      }
      double speed = Statistics.mean(speeds);
      double runsPerSecond = speed / workload.tokens();
      Double ofBandwidth = null;
      Double ofPeak = null;
      if (ceilings != null && workload.promptTokens() == 0) {
        ofBandwidth = 100 * bytesPerRun * runsPerSecond / ceilings.readBytesPerSecond();
      }
      if (ceilings != null && workload.generatedTokens() == 0) {
        ofPeak = 100 * flopsPerRun * runsPerSecond / ceilings.flopsPerSecond();
      }
      return new ModelResult(
          model,
          bytes,
          parameters,
          backend,
          device,
          kernels,
          threads,
          test.kvDtype(),
          test.maxTokensPerStep(),
          test.depth(),
          test.label(),
          workload.promptTokens(),
          workload.generatedTokens(),
          List.copyOf(nanos),
          speed,
          Statistics.deviation(speeds),
          bytesPerRun,
          flopsPerRun,
          ceilings,
          ofBandwidth,
          ofPeak);
    }
  }
}
