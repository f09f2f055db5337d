package dev.levin.opencl;

import dev.levin.core.Tensor;
import dev.levin.core.op.Convert;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Conversions that no forward pass needs and whose encoders search: rows visit the host and its
 * codec, one at a time. The stream has run when this returns.
 */
final class HostConversion {
  private final DeviceMemory memory;
  private final Transfers transfers;

  HostConversion(DeviceMemory memory, Transfers transfers) {
    this.memory = memory;
    this.transfers = transfers;
  }

  void run(Convert op) {
    ClBuffer from = bufferOf("x", op.x());
    ClBuffer to = bufferOf("out", op.out());
    BlockCodec decoder = Codecs.of(op.x().dtype());
    BlockCodec encoder = Codecs.of(op.out().dtype());
    int values = Math.toIntExact(op.x().dim(1));
    float[] row = new float[values];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(op.x().rowBytes());
      MemorySegment target = arena.allocate(op.out().rowBytes());
      for (long r = 0; r < op.x().dim(0); r++) {
        transfers.read(from, op.x().offset(r), source);
        decoder.decode(source, 0, row, 0, values);
        encoder.encode(row, 0, target, 0, values);
        transfers.write(target, to, op.out().offset(r));
      }
    }
  }

  private ClBuffer bufferOf(String name, Tensor tensor) {
    if (tensor.buffer() instanceof ClBuffer buffer && buffer.belongsTo(memory)) {
      return buffer;
    }
    throw new IllegalArgumentException(
        "Convert: %s %s does not live on this OpenCL device".formatted(name, tensor));
  }
}
