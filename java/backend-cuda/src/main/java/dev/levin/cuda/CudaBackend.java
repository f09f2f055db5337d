package dev.levin.cuda;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Program;
import dev.levin.core.backend.Stream;
import dev.levin.core.backend.Support;
import dev.levin.core.backend.TransferCheck;
import dev.levin.core.op.Attention;
import dev.levin.core.op.Convert;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.quant.Codecs;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Runs ops on one CUDA device through one stream. Launches return at once, and so do uploads once
 * the source has been read; downloads are done on return. Launches from several threads are queued
 * one after another. What fails on the device is reported by the next call that waits for it.
 *
 * <p>Weights keep their encoding on the device and are decoded inside the kernels; those of types
 * that no kernel multiplies with become F32 when they are imported. Indices that lead outside a
 * tensor give NaN, or write nothing: they are read on the device, so there is nobody to throw to.
 */
public final class CudaBackend implements Backend {
  /** System property: {@code off} launches every op by itself. */
  static final String GRAPHS = "levin.cuda.graphs";

  /** System property: {@code true} waits after every op. */
  static final String DEBUG = "levin.cuda.debug";

  private final DeviceInfo device;
  private final long context;
  private final long stream;
  private final double memoryShare = MemoryShare.configured();
  private final boolean debug = Boolean.getBoolean(DEBUG);
  private final boolean graphs = !debug && !System.getProperty(GRAPHS, "").strip().equals("off");
  private final DeviceMemory memory;
  private final Transfers transfers;
  private final Workspace workspace;
  private final HostConversion hostConversion;
  private final Counters counters = new Counters();
  private final Stream ownStream = this::finish;
  private final Set<CudaProgram> programs = Collections.newSetFromMap(new IdentityHashMap<>());
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;

  private CudaBackend(DeviceInfo device, long context, long stream) {
    this.device = device;
    this.context = context;
    this.stream = stream;
    memory = new DeviceMemory(context, stream, device.name(), lock);
    transfers = new Transfers(context, stream);
    workspace = new Workspace(memory);
    hostConversion = new HostConversion(memory, transfers);
  }

  static CudaBackend open(DeviceInfo device) {
    long[] context = new long[1];
    Status.check(
        Levin.levin_context_create(device.index(), context), "opening '" + device.name() + "'");
    boolean complete = false;
    long[] stream = new long[1];
    try {
      Status.check(Levin.levin_stream_create(context[0], stream), "creating a stream");
      CudaBackend backend = new CudaBackend(device, context[0], stream[0]);
      complete = true;
      return backend;
    } finally {
      if (!complete) {
        Levin.levin_stream_destroy(stream[0]);
        Levin.levin_context_destroy(context[0]);
      }
    }
  }

  @Override
  public String name() {
    return CudaBackendProvider.NAME;
  }

  @Override
  public DeviceInfo device() {
    return device;
  }

  /** Bytes of all buffers that are open. */
  public long usedBytes() {
    return memory.usedBytes();
  }

  /** The configured share of the device's memory, less what is in use by whomever. */
  @Override
  public OptionalLong availableBytes() {
    return OptionalLong.of(locked(() -> memory.left(memoryShare)));
  }

  /**
   * Zeroed memory on the device.
   *
   * @throws DeviceException of kind OUT_OF_MEMORY that says what was asked and what is free
   */
  @Override
  public Buffer allocate(long byteSize) {
    return locked(() -> memory.allocate(byteSize));
  }

  /** A copy on the device, contiguous, in the weight's own encoding or in F32. */
  @Override
  public Tensor importWeight(Tensor host) {
    MemorySegment source = HostBuffer.segmentOf(host);
    if (!DTypes.isWeight(host.dtype()) && Codecs.of(host.dtype()) != null) {
      return importWidened(host, source);
    }
    return locked(
        () -> {
          CudaBuffer buffer = memory.allocate(host.byteSize());
          transfers.writeTensor(source, host, buffer.address());
          return Tensor.of(host.dtype(), host.shape(), buffer, 0);
        });
  }

  private Tensor importWidened(Tensor host, MemorySegment source) {
    Tensor wide = Tensor.allocateHost(DType.F32, host.shape().toArray());
    MemorySegment target = HostBuffer.segmentOf(wide);
    try {
      int values = Math.toIntExact(host.shape().last());
      float[] row = new float[values];
      for (long r = 0; r < host.shape().rows(); r++) {
        Codecs.of(host.dtype()).decode(source, Transfers.rowOffset(host, r), row, 0, values);
        Codecs.of(DType.F32).encode(row, 0, target, r * wide.rowBytes(), values);
      }
      return importWeight(wide);
    } finally {
      wide.buffer().close();
    }
  }

  @Override
  public Stream stream() {
    requireOpen();
    return ownStream;
  }

  private void finish() {
    locked(
        () -> {
          Status.check(Levin.levin_stream_synchronize(stream), "waiting for the stream");
          return null;
        });
  }

  @Override
  public Set<DType> activationTypes() {
    return Op.ACTIVATION_TYPES;
  }

  /** Yes for all that the CPU backend supports. */
  @Override
  public Support supports(Op op) {
    Support activations = Support.ofActivations(op, activationTypes());
    if (!activations.supported()) {
      return activations;
    }
    return switch (op) {
      case Embed e ->
          DTypes.isReadable(e.table().dtype())
              ? Support.yes()
              : Support.no("no CUDA kernel reads " + e.table().dtype());
      case Linear l -> weight(l.weight());
      case HeadLinear l -> weight(l.weight());
      case GroupedLinear g -> weight(g.weight());
      case Attention a -> cache(a.kCache());
      case RopeAppend r -> cache(r.kCache());
      case Convert c -> convertible(c);
      default -> Support.yes();
    };
  }

  private static Support weight(Tensor tensor) {
    return DTypes.isWeight(tensor.dtype())
        ? Support.yes()
        : Support.no("no CUDA kernel multiplies with " + tensor.dtype());
  }

  private static Support cache(Tensor tensor) {
    return DTypes.isCache(tensor.dtype())
        ? Support.yes()
        : Support.no("no CUDA kernel has pages of " + tensor.dtype());
  }

  private static Support convertible(Convert op) {
    for (Tensor side : List.of(op.x(), op.out())) {
      if (side.dtype() == DType.BOOL) {
        return Support.no("BOOL elements are not numbers");
      }
    }
    return Codecs.of(op.out().dtype()).canEncode()
        ? Support.yes()
        : Support.no(op.out().dtype() + " can be decoded but not encoded");
  }

  private void requireSupported(Op op) {
    Support support = supports(op);
    if (!support.supported()) {
      throw new DeviceException(
          DeviceException.Kind.UNSUPPORTED, op.name() + ": " + support.reason());
    }
  }

  /**
   * Queues the op.
   *
   * @throws IllegalArgumentException for tensors of another device
   * @throws IllegalStateException when the backend or a buffer is closed
   * @throws DeviceException of kind UNSUPPORTED, or what the device reports
   */
  @Override
  public void launch(Op op, Stream on) {
    requireOpen();
    requireOwn(on);
    requireSupported(op);
    locked(
        () -> {
          if (op instanceof Convert convert && HostConversion.isNeededFor(convert)) {
            hostConversion.run(convert);
          } else {
            launchOnce(op);
          }
          counters.add(op);
          return null;
        });
  }

  private void launchOnce(Op op) {
    try (Arena arena = Arena.ofConfined()) {
      PreparedOp prepared = new Planner(memory, arena).plan(op);
      prepared.boundForThisStep();
      workspace.ensure(prepared.workspaceBytes());
      prepared.use(workspace);
      prepared.launch(stream);
      afterLaunch(op);
    }
  }

  /** Makes the ops' shared scratch memory at least as large. */
  void growWorkspace(long bytes) {
    locked(
        () -> {
          workspace.ensure(bytes);
          return null;
        });
  }

  /** In debug mode, waits so that a fault names the op. */
  void afterLaunch(Op op) {
    if (debug) {
      Status.check(Levin.levin_stream_synchronize(stream), op.name());
    }
  }

  @Override
  public boolean prefersFewLayouts() {
    return graphs;
  }

  /** Plans the ops once; see {@link CudaProgram}. Conversions of the host cannot be planned. */
  @Override
  public Program prepare(List<Op> ops) {
    requireOpen();
    ops.forEach(this::requireSupported);
    if (ops.stream().anyMatch(op -> op instanceof Convert c && HostConversion.isNeededFor(c))) {
      return Backend.super.prepare(ops);
    }
    return locked(
        () -> {
          CudaProgram program = new CudaProgram(this, memory, ops);
          programs.add(program);
          return program;
        });
  }

  void run(CudaProgram program, Stream on) {
    requireOwn(on);
    locked(
        () -> {
          program.enqueue(stream, workspace, graphs, counters);
          return null;
        });
  }

  /** Frees a program's graph; what is queued of it still runs. */
  void release(CudaProgram program) {
    lock.lock();
    try {
      if (programs.remove(program)) {
        program.destroy();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void upload(MemorySegment source, Tensor target, Stream on) {
    requireOwn(on);
    TransferCheck.upload(source, target);
    locked(
        () -> {
          long address = memory.bufferOf("upload:", target).address();
          transfers.write(source, address + target.offset());
          return null;
        });
  }

  @Override
  public void download(Tensor source, MemorySegment target, Stream on) {
    requireOwn(on);
    TransferCheck.download(source, target);
    locked(
        () -> {
          long address = memory.bufferOf("download:", source).address();
          transfers.read(address + source.offset(), target.asSlice(0, source.byteSize()));
          return null;
        });
  }

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      requireOpen();
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Counters counters() {
    return counters;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the cuda backend is closed");
    }
  }

  private void requireOwn(Stream on) {
    if (on != ownStream) {
      throw new IllegalArgumentException("the stream belongs to another backend");
    }
  }

  /** Waits for the stream, then frees graphs, all buffers that are still open, and the rest. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      // A fault that nobody asked about is no reason to keep the memory.
      Levin.levin_stream_synchronize(stream);
      programs.forEach(CudaProgram::destroy);
      programs.clear();
      memory.closeAll();
      transfers.close();
      Levin.levin_stream_destroy(stream);
      Levin.levin_trim_pool(context);
      Levin.levin_context_destroy(context);
    } finally {
      lock.unlock();
    }
  }
}
