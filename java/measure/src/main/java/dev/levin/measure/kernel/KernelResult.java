package dev.levin.measure.kernel;

import dev.levin.core.backend.Ceilings;
import dev.levin.core.op.OpCost;
import dev.levin.measure.Statistics;
import java.util.Arrays;
import java.util.List;

/**
 * What one kernel came to.
 *
 * @param kernels which kernels the device said it runs, empty when it does not say
 * @param threads of the backend, 0 when it does not say
 * @param samples nanoseconds of one launch, the mean of each timed batch
 * @param micros median of the samples
 * @param deviation standard deviation of the samples, in microseconds
 * @param flops of one launch
 * @param bytes fewest that one launch must move
 * @param gflops billion floating-point operations a second
 * @param gigabytes billion bytes a second
 * @param percentOfRoofline time the ceilings allow over time taken, or null without ceilings; above
 *     100 where caches hold what the model counts as memory
 * @param ratio how many times faster than the baseline, or null without one
 */
public record KernelResult(
    String backend,
    String kernels,
    int threads,
    String op,
    String dtype,
    String model,
    String shape,
    List<Double> samples,
    double micros,
    double deviation,
    long flops,
    long bytes,
    double gflops,
    double gigabytes,
    Double percentOfRoofline,
    Double ratio,
    Ceilings ceilings) {

  /** The backend with its kernels and threads, for example {@code cpu:vector:2}. */
  public String place() {
    return backend + (kernels.isEmpty() ? "" : ":" + kernels) + (threads == 0 ? "" : ":" + threads);
  }

  /** The same op, type, model and shape. */
  boolean isSameCase(KernelResult other) {
    return op.equals(other.op)
        && dtype.equals(other.dtype)
        && model.equals(other.model)
        && shape.equals(other.shape);
  }

  KernelResult withRatio(Double value) {
    return new KernelResult(
        backend,
        kernels,
        threads,
        op,
        dtype,
        model,
        shape,
        samples,
        micros,
        deviation,
        flops,
        bytes,
        gflops,
        gigabytes,
        percentOfRoofline,
        value,
        ceilings);
  }

  /** An open backend. */
  record Place(String backend, String kernels, int threads, Ceilings ceilings) {

    KernelResult result(KernelCase one, OpCost cost, double[] nanos) {
      double median = Statistics.median(nanos);
      double seconds = median / 1e9;
      Double percent =
          ceilings == null ? null : 100 * ceilings.seconds(cost.flops(), cost.bytes()) / seconds;
      return new KernelResult(
          backend,
          kernels,
          threads,
          one.op(),
          one.dtype().name(),
          one.model(),
          one.shape(),
          Arrays.stream(nanos).boxed().toList(),
          median / 1e3,
          Statistics.deviation(nanos) / 1e3,
          cost.flops(),
          cost.bytes(),
          cost.flops() / seconds / 1e9,
          cost.bytes() / seconds / 1e9,
          percent,
          null,
          ceilings);
    }
  }
}
