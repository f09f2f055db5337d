package dev.levin.cuda;

import dev.levin.core.Tensor;
import dev.levin.core.op.RaggedBatch;
import dev.levin.cuda.binding.Structs;
import dev.levin.cuda.binding.levin_batch;
import dev.levin.cuda.binding.levin_tensor;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;

/** Writes ops' arguments as {@code levin.h} lays them out, and notes the buffers they name. */
final class Arguments {
  private final DeviceMemory memory;
  private final Structs structs;
  private final Set<CudaBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
  private String op = "";

  /** Arguments live as long as {@code arena}. */
  Arguments(DeviceMemory memory, Arena arena) {
    this.memory = memory;
    this.structs = new Structs(arena);
  }

  /** The struct of the next op. */
  <T extends Pointer> T begin(String opName, Class<T> type, Function<Pointer, T> view) {
    op = opName;
    return structs.of(type, view);
  }

  /** All buffers that arguments point into. */
  Collection<CudaBuffer> buffers() {
    return buffers;
  }

  /**
   * Fills in one tensor; null stays absent.
   *
   * @throws IllegalArgumentException for a tensor of another device
   * @throws IllegalStateException for one whose buffer is closed
   */
  void tensor(levin_tensor target, String name, Tensor tensor) {
    if (tensor == null) {
      return;
    }
    CudaBuffer buffer = memory.bufferOf(op + ": " + name, tensor);
    buffers.add(buffer);
    target.data(buffer.address() + tensor.offset());
    target.dtype(DTypes.id(tensor.dtype()));
    target.rank(tensor.rank());
    for (int i = 0; i < tensor.rank(); i++) {
      target.shape(i, tensor.dim(i));
    }
    for (int i = 0; i < tensor.rank() - 1; i++) {
      target.stride_bytes(i, tensor.stride(i));
    }
  }

  void batch(levin_batch target, RaggedBatch batch) {
    tensor(target.positions(), "positions", batch.positions());
    tensor(target.cu_seqlens_q(), "cuSeqlensQ", batch.cuSeqlensQ());
    tensor(target.kv_lens(), "kvLens", batch.kvLens());
    tensor(target.page_table(), "pageTable", batch.pageTable());
    tensor(target.state_slots(), "stateSlots", batch.stateSlots());
    target.page_size(batch.pageSize());
  }
}
