package dev.levin.opencl;

import dev.levin.core.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;

/** Copies between host and device, in chunks that fit a direct byte buffer. Done on return. */
final class Transfers {
  private static final long CHUNK_BYTES = 64L << 20;

  private final cl_command_queue queue;

  Transfers(cl_command_queue queue) {
    this.queue = queue;
  }

  void write(MemorySegment source, ClBuffer target, long offset) {
    for (long at = 0; at < source.byteSize(); at += CHUNK_BYTES) {
      MemorySegment chunk = source.asSlice(at, Math.min(CHUNK_BYTES, source.byteSize() - at));
      if (chunk.isNative()) {
        writeChunk(chunk, target, offset + at);
      } else {
        try (Arena arena = Arena.ofConfined()) {
          writeChunk(arena.allocate(chunk.byteSize()).copyFrom(chunk), target, offset + at);
        }
      }
    }
  }

  private void writeChunk(MemorySegment chunk, ClBuffer target, long offset) {
    CL.clEnqueueWriteBuffer(
        queue,
        target.handle(),
        true,
        offset,
        chunk.byteSize(),
        Pointer.to(chunk.asByteBuffer()),
        0,
        null,
        null);
  }

  void read(ClBuffer source, long offset, MemorySegment target) {
    for (long at = 0; at < target.byteSize(); at += CHUNK_BYTES) {
      MemorySegment chunk = target.asSlice(at, Math.min(CHUNK_BYTES, target.byteSize() - at));
      if (chunk.isNative()) {
        readChunk(source, offset + at, chunk);
      } else {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment copy = arena.allocate(chunk.byteSize());
          readChunk(source, offset + at, copy);
          chunk.copyFrom(copy);
        }
      }
    }
  }

  private void readChunk(ClBuffer source, long offset, MemorySegment chunk) {
    CL.clEnqueueReadBuffer(
        queue,
        source.handle(),
        true,
        offset,
        chunk.byteSize(),
        Pointer.to(chunk.asByteBuffer()),
        0,
        null,
        null);
  }

  /** Writes a tensor in host memory row by row where it is strided, without a whole copy of it. */
  void writeTensor(MemorySegment source, Tensor tensor, ClBuffer target) {
    if (tensor.isContiguous()) {
      write(source.asSlice(tensor.offset(), tensor.byteSize()), target, 0);
      return;
    }
    long rowBytes = tensor.rowBytes();
    long rows = tensor.shape().rows();
    long rowsAtOnce = Math.max(1, CHUNK_BYTES / Math.max(1, rowBytes));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment packed = arena.allocate(Math.min(rows, rowsAtOnce) * rowBytes);
      for (long first = 0; first < rows; first += rowsAtOnce) {
        long count = Math.min(rowsAtOnce, rows - first);
        for (long i = 0; i < count; i++) {
          long from = rowOffset(tensor, first + i);
          MemorySegment.copy(source, from, packed, i * rowBytes, rowBytes);
        }
        write(packed.asSlice(0, count * rowBytes), target, first * rowBytes);
      }
    }
  }

  /** Byte offset of a row counted in row-major order. */
  static long rowOffset(Tensor tensor, long row) {
    long offset = tensor.offset();
    long rest = row;
    for (int i = tensor.rank() - 2; i >= 0; i--) {
      offset += rest % tensor.dim(i) * tensor.stride(i);
      rest /= tensor.dim(i);
    }
    return offset;
  }
}
