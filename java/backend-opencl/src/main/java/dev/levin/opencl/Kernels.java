package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.op.Op;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the ops of one backend share: programs, the call object, grids, scratch memory and launch
 * sizes.
 */
final class Kernels {
  /** Values that a work-item decodes or encodes at once. */
  static final int GROUP_VALUES = 32;

  private final Programs programs;
  private final KernelCall call;
  private final Grids grids;
  private final Scratch scratch;
  private final LaunchSizes sizes;
  private final Products products;
  private final Map<DType, Sources> sources = new EnumMap<>(DType.class);

  /** Programs over one type of activations; each is built when it is first used. */
  private record Sources(
      ProgramSource common,
      Map<DType, Optional<ProgramSource>> weights,
      Map<DType, Optional<ProgramSource>> caches) {
    static Sources over(DType activations, Products products) {
      Map<DType, Optional<ProgramSource>> weights = new EnumMap<>(DType.class);
      Map<DType, Optional<ProgramSource>> caches = new EnumMap<>(DType.class);
      for (DType dtype : DType.values()) {
        weights.put(
            dtype, ProgramSource.weights(dtype, products).map(source -> source.over(activations)));
        caches.put(dtype, ProgramSource.cache(dtype).map(source -> source.over(activations)));
      }
      return new Sources(ProgramSource.COMMON.over(activations), weights, caches);
    }
  }

  Kernels(
      Programs programs,
      KernelCall call,
      Grids grids,
      Scratch scratch,
      LaunchSizes sizes,
      Products products) {
    this.products = products;
    this.programs = programs;
    this.call = call;
    this.grids = grids;
    this.scratch = scratch;
    this.sizes = sizes;
    for (DType activations : Op.ACTIVATION_TYPES) {
      sources.put(activations, Sources.over(activations, products));
    }
  }

  private Sources sources(Op op) {
    return sources.get(op.activationType());
  }

  LaunchSizes sizes() {
    return sizes;
  }

  Products products() {
    return products;
  }

  Scratch scratch() {
    return scratch;
  }

  /** The points that decoders of {@code dtype} index, or null. */
  ClBuffer grid(DType dtype) {
    return grids.of(dtype);
  }

  /** A kernel that needs no dtype. */
  KernelCall common(Op op, String name) {
    return call.begin(op.name(), programs.kernel(sources(op).common(), name));
  }

  /** A kernel over encoded weights or rows. */
  KernelCall weights(Op op, String name, DType dtype) {
    return call.begin(op.name(), programs.kernel(require(op, sources(op).weights(), dtype), name));
  }

  /** A kernel over pages of {@code dtype}, or one that writes rows of it. */
  KernelCall cache(Op op, String name, DType dtype) {
    return call.begin(op.name(), programs.kernel(require(op, sources(op).caches(), dtype), name));
  }

  private static ProgramSource require(
      Op op, Map<DType, Optional<ProgramSource>> sources, DType dtype) {
    return sources
        .get(dtype)
        .orElseThrow(
            () ->
                new DeviceException(
                    DeviceException.Kind.UNSUPPORTED,
                    op.name() + ": no OpenCL kernel for " + dtype));
  }

  static long groups(long values) {
    return Math.ceilDiv(values, (long) GROUP_VALUES);
  }
}
