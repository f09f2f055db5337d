package dev.levin.opencl;

import dev.levin.core.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;

/**
 * Sets the arguments of one kernel in the order that the kernels agree on: pointers of tensors,
 * then local memory, then one struct with the views of the tensors, sizes, and floats. One object
 * serves all launches of a queue, one after another.
 */
final class KernelCall {
  /** One size for all: drivers for CPUs compile a kernel anew for each size they meet. */
  private static final long PLAIN_GROUP = 64;

  private static final int MAX_STRUCT_BYTES = 1024;

  private final DeviceMemory memory;
  private final cl_command_queue queue;
  private final Profile profile;
  private final ByteBuffer struct =
      ByteBuffer.allocateDirect(MAX_STRUCT_BYTES).order(ByteOrder.nativeOrder());
  private final Pointer structPointer = Pointer.to(struct);
  private final long[] globalSize = new long[3];
  private final long[] localSize = new long[3];
  private String opName = "";
  private cl_kernel kernel;
  private int index;

  /**
   * Launches on {@code queue}.
   *
   * @param profile is given an event for each launch, or null
   */
  KernelCall(DeviceMemory memory, cl_command_queue queue, Profile profile) {
    this.memory = memory;
    this.queue = queue;
    this.profile = profile;
  }

  KernelCall begin(String op, cl_kernel next) {
    opName = op;
    kernel = next;
    index = 0;
    struct.clear();
    return this;
  }

  /** A tensor with its own strides. */
  KernelCall tensor(String name, Tensor tensor) {
    pointer(name, tensor);
    for (int i = 0; i < tensor.rank() - 1; i++) {
      struct.putLong(tensor.stride(i));
    }
    return this;
  }

  /** A tensor that may be absent, of the rank it would have. */
  KernelCall optional(String name, Tensor tensor, int rank) {
    if (tensor != null) {
      return tensor(name, tensor);
    }
    absent();
    for (int i = 0; i < rank - 1; i++) {
      struct.putLong(0);
    }
    return this;
  }

  /** A tensor under other strides than its own. */
  KernelCall view(String name, Tensor tensor, long... strides) {
    if (tensor == null) {
      absent();
    } else {
      pointer(name, tensor);
    }
    for (long stride : strides) {
      struct.putLong(stride);
    }
    return this;
  }

  private void absent() {
    CL.clSetKernelArg(kernel, index++, Sizeof.cl_mem, null);
    struct.putLong(0);
  }

  private void pointer(String name, Tensor tensor) {
    CL.clSetKernelArg(kernel, index++, Sizeof.cl_mem, Pointer.to(bufferOf(name, tensor).handle()));
    struct.putLong(tensor.offset());
  }

  private ClBuffer bufferOf(String name, Tensor tensor) {
    if (tensor.buffer() instanceof ClBuffer buffer && buffer.belongsTo(memory)) {
      if (!buffer.isOpen()) {
        throw new IllegalStateException(
            "%s: the buffer of %s %s is closed".formatted(opName, name, tensor));
      }
      return buffer;
    }
    throw new IllegalArgumentException(
        "%s: %s %s does not live on this OpenCL device".formatted(opName, name, tensor));
  }

  /** Memory without a view; null is a null pointer. */
  KernelCall buffer(ClBuffer buffer) {
    cl_mem handle = buffer == null ? null : buffer.handle();
    CL.clSetKernelArg(kernel, index++, Sizeof.cl_mem, handle == null ? null : Pointer.to(handle));
    return this;
  }

  /** Local memory for {@code count} floats. */
  KernelCall local(long count) {
    CL.clSetKernelArg(kernel, index++, Math.max(1, count) * Sizeof.cl_float, null);
    return this;
  }

  KernelCall longs(long... values) {
    for (long value : values) {
      struct.putLong(value);
    }
    return this;
  }

  KernelCall floats(float... values) {
    for (float value : values) {
      struct.putFloat(value);
    }
    return this;
  }

  /** Queues a kernel whose work-items need no company; kernels ignore those past {@code x}. */
  void run(long x, long y, long z) {
    run(x, y, z, PLAIN_GROUP, 1);
  }

  /** Queues the kernel with work-groups of [localX, localY, 1]; an empty launch does nothing. */
  void run(long x, long y, long z, long localX, long localY) {
    if (x == 0 || y == 0 || z == 0) {
      return;
    }
    while (struct.position() % Long.BYTES != 0) {
      struct.putInt(0);
    }
    CL.clSetKernelArg(kernel, index, struct.position(), structPointer);
    globalSize[0] = Math.ceilDiv(x, localX) * localX;
    globalSize[1] = Math.ceilDiv(y, localY) * localY;
    globalSize[2] = z;
    localSize[0] = localX;
    localSize[1] = localY;
    localSize[2] = 1;
    enqueue(profile == null ? null : profile.event());
  }

  private void enqueue(cl_event event) {
    boolean queued = false;
    try {
      CL.clEnqueueNDRangeKernel(queue, kernel, 3, null, globalSize, localSize, 0, null, event);
      queued = true;
    } finally {
      if (!queued && event != null) {
        profile.forget();
      }
    }
  }
}
