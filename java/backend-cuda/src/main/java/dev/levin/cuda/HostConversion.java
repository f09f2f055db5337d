package dev.levin.cuda;

import dev.levin.core.DType;
import dev.levin.core.op.Convert;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Conversions that no forward pass needs and whose encoders search: rows visit the host and its
 * codec, one at a time.
 */
final class HostConversion {
  private final DeviceMemory memory;
  private final Transfers transfers;

  HostConversion(DeviceMemory memory, Transfers transfers) {
    this.memory = memory;
    this.transfers = transfers;
  }

  /** Whether the device has no codec for it. */
  static boolean isNeededFor(Convert op) {
    return !DTypes.isReadable(op.x().dtype())
        || op.out().dtype() != DType.F32 && !DTypes.isEncodable(op.out().dtype());
  }

  void run(Convert op) {
    long from = memory.bufferOf("Convert: x", op.x()).address();
    long to = memory.bufferOf("Convert: out", op.out()).address();
    BlockCodec decoder = Codecs.of(op.x().dtype());
    BlockCodec encoder = Codecs.of(op.out().dtype());
    int values = Math.toIntExact(op.x().dim(1));
    float[] row = new float[values];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(op.x().rowBytes());
      MemorySegment target = arena.allocate(op.out().rowBytes());
      for (long r = 0; r < op.x().dim(0); r++) {
        transfers.read(from + op.x().offset(r), source);
        decoder.decode(source, 0, row, 0, values);
        encoder.encode(row, 0, target, 0, values);
        transfers.write(target, to + op.out().offset(r));
      }
    }
  }
}
