package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.quant.IqGrids;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/** The codebooks of IQ formats on the device, uploaded when first used. */
final class Grids {
  private final DeviceMemory memory;
  private final Transfers transfers;
  private final Map<DType, ClBuffer> uploaded = new EnumMap<>(DType.class);

  Grids(DeviceMemory memory, Transfers transfers) {
    this.memory = memory;
    this.transfers = transfers;
  }

  /** The grid of {@code dtype}; null for types without one. */
  ClBuffer of(DType dtype) {
    return switch (dtype) {
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S ->
          uploaded.computeIfAbsent(dtype, this::upload);
      default -> null;
    };
  }

  private ClBuffer upload(DType dtype) {
    byte[] points = IqGrids.of(dtype);
    ClBuffer buffer = memory.allocateUnset(points.length);
    transfers.write(MemorySegment.ofArray(points), buffer, 0);
    return buffer;
  }
}
