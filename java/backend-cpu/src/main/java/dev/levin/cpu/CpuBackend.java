package dev.levin.cpu;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Ceilings;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Program;
import dev.levin.core.backend.Stream;
import dev.levin.core.backend.Support;
import dev.levin.core.backend.TransferCheck;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.Op;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs ops on this machine's processors, in host memory as it lies: a mapped weight is used where
 * it is mapped. Activations are F32 alone. Launching is synchronous; launches from several threads
 * run one after another.
 */
public final class CpuBackend implements Backend {
  private final DeviceInfo device;
  private final KernelTable kernels;
  private final WorkerPool pool;
  private final RowOps rowOps;
  private final RopeOps ropeOps;
  private final MatrixOps matrixOps;
  private final AttentionOps attentionOps;
  private final RoutingOps routingOps;
  private final StateOps stateOps;
  private final Counters counters = new Counters();
  private final Stream stream = this::requireOpen;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;

  private CpuBackend(CpuOptions options, KernelTable kernels) {
    this.device = CpuBackendProvider.describe(options, kernels);
    this.kernels = kernels;
    pool = new WorkerPool(options.threads());
    rowOps = new RowOps(kernels, pool);
    ropeOps = new RopeOps(pool);
    matrixOps = new MatrixOps(kernels, pool);
    attentionOps = new AttentionOps(kernels, pool);
    routingOps = new RoutingOps(pool);
    stateOps = new StateOps(kernels, pool);
  }

  static CpuBackend open(CpuOptions options) {
    return new CpuBackend(options, KernelChoice.choose(options));
  }

  @Override
  public String name() {
    return CpuBackendProvider.NAME;
  }

  @Override
  public DeviceInfo device() {
    return device;
  }

  /** Which kernels run, for example {@code vector, 512 bits}. */
  public String kernels() {
    return kernels.description();
  }

  @Override
  public Buffer allocate(long byteSize) {
    requireOpen();
    return HostBuffer.allocate(byteSize);
  }

  @Override
  public Tensor importWeight(Tensor host) {
    requireOpen();
    HostBuffer.segmentOf(host);
    return host;
  }

  @Override
  public Stream stream() {
    requireOpen();
    return stream;
  }

  @Override
  public Support supports(Op op) {
    Support activations = Support.ofActivations(op, activationTypes());
    if (!activations.supported()) {
      return activations;
    }
    return switch (op) {
      case Embed e -> readable(e.table());
      case Linear l -> readable(l.weight());
      case HeadLinear l -> readable(l.weight());
      case GroupedLinear g -> readable(g.weight());
      case Attention a -> readable(a.kCache());
      case RopeAppend r -> writable(r.kCache());
      case Convert c -> c.out().dtype() == DType.F32 ? readable(c.x()) : writable(c.out());
      case Add a -> Support.yes();
      case CausalConv c -> Support.yes();
      case CopyPages c -> Support.yes();
      case GatedActivation g -> Support.yes();
      case MergeAttention m -> Support.yes();
      case RmsNorm r -> Support.yes();
      case RopeTable r -> Support.yes();
      case RouteExperts r -> Support.yes();
      case SoftCap s -> Support.yes();
      case SsmScan s -> Support.yes();
    };
  }

  private static Support readable(Tensor tensor) {
    return tensor.dtype() == DType.BOOL
        ? Support.no(tensor.dtype() + " elements are not numbers")
        : Support.yes();
  }

  private static Support writable(Tensor tensor) {
    Support support = readable(tensor);
    if (support.supported() && !Codecs.of(tensor.dtype()).canEncode()) {
      return Support.no(tensor.dtype() + " can be decoded but not encoded");
    }
    return support;
  }

  /**
   * Runs the op.
   *
   * @throws IllegalArgumentException for tensors outside host memory and indices out of range
   * @throws IllegalStateException when the backend or a buffer is closed
   * @throws DeviceException of kind UNSUPPORTED, or INTERNAL for anything unforeseen
   */
  @Override
  public void launch(Op op, Stream on) {
    requireOwn(on);
    lock.lock();
    try {
      requireOpen();
      requireSupported(op);
      run(op, () -> prepare(op).run());
    } finally {
      lock.unlock();
    }
  }

  private void requireSupported(Op op) {
    Support support = supports(op);
    if (!support.supported()) {
      throw new DeviceException(
          DeviceException.Kind.UNSUPPORTED, op.name() + ": " + support.reason());
    }
  }

  private void run(Op op, Runnable prepared) {
    try {
      prepared.run();
      counters.add(op);
    } catch (IllegalArgumentException | IllegalStateException | DeviceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new DeviceException(DeviceException.Kind.INTERNAL, op + " failed: " + e, e);
    }
  }

  /**
   * Resolves the memory of every op once. A run of the program allocates nothing on the heap, once
   * its kernels are compiled.
   *
   * @throws IllegalArgumentException for tensors outside host memory
   * @throws DeviceException of kind UNSUPPORTED
   */
  @Override
  public Program prepare(List<Op> ops) {
    Op[] fixed = ops.toArray(Op[]::new);
    Runnable[] prepared = new Runnable[fixed.length];
    for (int i = 0; i < fixed.length; i++) {
      requireSupported(fixed[i]);
      prepared[i] = prepare(fixed[i]);
    }
    return on -> {
      requireOwn(on);
      lock.lock();
      try {
        requireOpen();
        for (int i = 0; i < fixed.length; i++) {
          run(fixed[i], prepared[i]);
        }
      } finally {
        lock.unlock();
      }
    };
  }

  /** The op with its memory resolved, to run again and again without allocating. */
  private Runnable prepare(Op op) {
    return switch (op) {
      case Add add -> rowOps.prepare(add);
      case Attention attention -> attentionOps.prepare(attention);
      case CausalConv convolution -> stateOps.prepare(convolution);
      case Convert convert -> rowOps.prepare(convert);
      case CopyPages copy -> rowOps.prepare(copy);
      case Embed embed -> rowOps.prepare(embed);
      case GatedActivation activation -> rowOps.prepare(activation);
      case GroupedLinear linear -> matrixOps.prepare(linear);
      case HeadLinear linear -> matrixOps.prepare(linear);
      case Linear linear -> matrixOps.prepare(linear);
      case MergeAttention merge -> rowOps.prepare(merge);
      case RmsNorm norm -> rowOps.prepare(norm);
      case RopeAppend append -> ropeOps.prepare(append);
      case RopeTable table -> ropeOps.prepare(table);
      case RouteExperts route -> routingOps.prepare(route);
      case SoftCap cap -> rowOps.prepare(cap);
      case SsmScan scan -> stateOps.prepare(scan);
    };
  }

  @Override
  public void upload(MemorySegment source, Tensor target, Stream on) {
    requireOwn(on);
    requireOpen();
    TransferCheck.upload(source, target);
    MemorySegment.copy(source, 0, HostBuffer.segmentOf(target), target.offset(), source.byteSize());
  }

  @Override
  public void download(Tensor source, MemorySegment target, Stream on) {
    requireOwn(on);
    requireOpen();
    TransferCheck.download(source, target);
    long bytes = source.byteSize();
    MemorySegment.copy(HostBuffer.segmentOf(source), source.offset(), target, 0, bytes);
  }

  @Override
  public Counters counters() {
    return counters;
  }

  @Override
  public Optional<Ceilings> measureCeilings() {
    lock.lock();
    try {
      requireOpen();
      return Optional.of(new CeilingProbe(pool).measure());
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the cpu backend is closed");
    }
  }

  private void requireOwn(Stream on) {
    if (on != stream) {
      throw new IllegalArgumentException("the stream belongs to another backend");
    }
  }

  /** Waits for an op that runs on another thread; buffers stay open, they belong to the caller. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        pool.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
