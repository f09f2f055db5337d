package dev.levin.cuda;

import dev.levin.core.Tensor;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.Status;
import dev.levin.cuda.binding.Structs;
import java.lang.foreign.MemorySegment;

/**
 * Copies between host and device through a few pinned buffers: while one is copied, the next is
 * filled. Sources may change as soon as an upload returns; downloads are done on return.
 */
final class Transfers implements AutoCloseable {
  private static final int SLOTS = 4;
  private static final long SLOT_BYTES = 4L << 20;

  private static final class Slot {
    long address;
    long event;
    MemorySegment memory;
  }

  private final long context;
  private final long stream;
  private final Slot[] slots = new Slot[SLOTS];
  private int next;

  Transfers(long context, long stream) {
    this.context = context;
    this.stream = stream;
  }

  /** A pinned buffer that no copy reads any more. */
  private Slot slot() {
    Slot slot = slots[next];
    if (slot == null) {
      slot = open();
      slots[next] = slot;
    }
    next = (next + 1) % SLOTS;
    Status.check(Levin.levin_event_synchronize(slot.event), "waiting for an upload");
    return slot;
  }

  @SuppressWarnings("restricted")
  private Slot open() {
    long[] handle = new long[1];
    Status.check(
        Levin.levin_host_allocate(context, SLOT_BYTES, handle), "allocating pinned host memory");
    Slot slot = new Slot();
    slot.address = handle[0];
    slot.memory = MemorySegment.ofAddress(slot.address).reinterpret(SLOT_BYTES);
    int status = Levin.levin_event_create(context, 0, handle);
    if (status != Levin.LEVIN_OK) {
      Levin.levin_host_free(context, slot.address);
      Status.check(status, "creating an event");
    }
    slot.event = handle[0];
    return slot;
  }

  void write(MemorySegment source, long target) {
    for (long at = 0; at < source.byteSize(); at += SLOT_BYTES) {
      long bytes = Math.min(SLOT_BYTES, source.byteSize() - at);
      Slot slot = slot();
      MemorySegment.copy(source, at, slot.memory, 0, bytes);
      send(slot, target + at, bytes);
    }
  }

  private void send(Slot slot, long target, long bytes) {
    Status.check(
        Levin.levin_copy_to_device(stream, target, Structs.pointer(slot.address), bytes), "upload");
    Status.check(Levin.levin_event_record(slot.event, stream), "upload");
  }

  void read(long source, MemorySegment target) {
    for (long at = 0; at < target.byteSize(); at += SLOT_BYTES) {
      long bytes = Math.min(SLOT_BYTES, target.byteSize() - at);
      Slot slot = slot();
      Status.check(
          Levin.levin_copy_to_host(stream, Structs.pointer(slot.address), source + at, bytes),
          "download");
      Status.check(Levin.levin_stream_synchronize(stream), "download");
      MemorySegment.copy(slot.memory, 0, target, at, bytes);
    }
  }

  /** Writes a tensor in host memory, packed where it is strided, without a whole copy of it. */
  void writeTensor(MemorySegment source, Tensor tensor, long target) {
    if (tensor.isContiguous()) {
      write(source.asSlice(tensor.offset(), tensor.byteSize()), target);
      return;
    }
    long rowBytes = tensor.rowBytes();
    long rows = tensor.shape().rows();
    long rowsAtOnce = SLOT_BYTES / Math.max(1, rowBytes);
    if (rowsAtOnce == 0) {
      for (long i = 0; i < rows; i++) {
        write(source.asSlice(rowOffset(tensor, i), rowBytes), target + i * rowBytes);
      }
      return;
    }
    for (long first = 0; first < rows; first += rowsAtOnce) {
      long count = Math.min(rowsAtOnce, rows - first);
      Slot slot = slot();
      for (long i = 0; i < count; i++) {
        long from = rowOffset(tensor, first + i);
        MemorySegment.copy(source, from, slot.memory, i * rowBytes, rowBytes);
      }
      send(slot, target + first * rowBytes, count * rowBytes);
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

  @Override
  public void close() {
    for (int i = 0; i < SLOTS; i++) {
      if (slots[i] != null) {
        Levin.levin_event_destroy(slots[i].event);
        Levin.levin_host_free(context, slots[i].address);
        slots[i] = null;
      }
    }
  }
}
