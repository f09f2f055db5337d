package dev.levin.opencl;

import static org.jocl.CL.CL_CONTEXT_PLATFORM;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
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
import dev.levin.core.op.Sample;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;

/**
 * Runs ops on one OpenCL device through one in-order queue. Launches return at once; uploads and
 * downloads are done on return. Launches from several threads are queued one after another.
 *
 * <p>Weights keep their encoding on the device and are decoded inside the kernels, except for F64,
 * which becomes F32 when it is imported. Indices that lead outside a tensor give NaN, or write
 * nothing: they are read on the device, so there is nobody to throw to.
 */
public final class OpenClBackend implements Backend {
  private final OpenClDevice device;
  private final cl_context context;
  private final cl_command_queue queue;
  private final DeviceMemory memory;
  private final Transfers transfers;
  private final Programs programs;
  private final RowOps rowOps;
  private final RopeOps ropeOps;
  private final MatrixOps matrixOps;
  private final ExpertOrder expertOrder;
  private final AttentionOps attentionOps;
  private final StateOps stateOps;
  private final Counters counters = new Counters();
  private final Profile profile;
  private final Stream stream = this::finish;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;

  private OpenClBackend(
      OpenClDevice device,
      LaunchSizes sizes,
      Extensions extensions,
      cl_context context,
      cl_command_queue queue,
      BinaryCache cache) {
    this.device = device;
    this.context = context;
    this.queue = queue;
    profile = Profile.isWanted() ? new Profile(counters) : null;
    memory = new DeviceMemory(device, context, queue);
    transfers = new Transfers(queue);
    programs = new Programs(device, context, cache, options(device, sizes, extensions));
    Scratch scratch = new Scratch(memory);
    expertOrder = new ExpertOrder(scratch);
    Kernels kernels =
        new Kernels(
            programs,
            new KernelCall(memory, queue, profile),
            new Grids(memory, transfers),
            scratch,
            sizes,
            extensions.products());
    rowOps = new RowOps(kernels, new HostConversion(memory, transfers));
    ropeOps = new RopeOps(kernels);
    matrixOps = new MatrixOps(kernels, expertOrder, new Scratch(memory));
    attentionOps = new AttentionOps(kernels, device);
    stateOps = new StateOps(kernels);
  }

  static OpenClBackend open(OpenClDevice device) {
    return open(device, BinaryCache.configured(device));
  }

  static OpenClBackend open(OpenClDevice device, BinaryCache cache) {
    return open(device, TuningFile.configured().sizes(device), cache);
  }

  static OpenClBackend open(OpenClDevice device, LaunchSizes sizes, BinaryCache cache) {
    return open(device, sizes, Extensions.configured(device), cache);
  }

  static OpenClBackend open(
      OpenClDevice device, LaunchSizes sizes, Extensions extensions, BinaryCache cache) {
    return SignalHandlers.kept(() -> openKept(device, sizes, extensions, cache));
  }

  private static OpenClBackend openKept(
      OpenClDevice device, LaunchSizes sizes, Extensions extensions, BinaryCache cache) {
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL_CONTEXT_PLATFORM, device.platform());
    cl_context context =
        CL.clCreateContext(properties, 1, new cl_device_id[] {device.id()}, null, null, null);
    Handles.opened();
    try {
      cl_command_queue queue = createQueue(context, device.id());
      Handles.opened();
      return new OpenClBackend(device, sizes, extensions, context, queue, cache);
    } catch (CLException e) {
      CL.clReleaseContext(context);
      Handles.released();
      throw e;
    }
  }

  /** The call that replaces this one is missing from OpenCL 1.2, which many drivers still are. */
  @SuppressWarnings("deprecation")
  private static cl_command_queue createQueue(cl_context context, cl_device_id id) {
    long properties = Profile.isWanted() ? CL.CL_QUEUE_PROFILING_ENABLE : 0;
    return CL.clCreateCommandQueue(context, id, properties, null);
  }

  /**
   * Sizes of GPUs run on processors in tests alone. There PoCL 3.1 (LLVM 15, AVX-512) is told not
   * to optimise: otherwise attention, of our kernels it alone, finds NaN in local memory where a
   * work-item wrote none. That is the compiler's doing as far as we can tell: Oclgrind 21.10, which
   * interprets the same kernels, finds every case of attention in the grid right at sizes of lanes,
   * optimised, without a race or an access out of bounds; and unoptimised, in 100 of the 218, no
   * unwritten memory that a result depends on. PoCL fails with as little as this, too, in
   * work-groups of 16 and of 128, while clang 15 has no trouble with the same statement in C:
   * {@code k, l} and {@code s} are local arrays that work-items filled before the barrier; it
   * stores 0 for each of them, and 9 where it should.
   *
   * <pre>{@code
   * barrier(CLK_LOCAL_MEM_FENCE);
   * int e = get_local_id(0);
   * out[e] = e % 4 == 0 ? k[e / 4] : e % 4 == 1 ? l[e / 4] : e % 4 == 2 ? s[e / 4] : 9;
   * }</pre>
   */
  private static String options(OpenClDevice device, LaunchSizes sizes, Extensions extensions) {
    String division = device.roundedDivision() ? " -cl-fp32-correctly-rounded-divide-sqrt" : "";
    boolean foreign = device.kind() == OpenClDevice.Kind.CPU && sizes.lanes() > 1;
    String caution = foreign ? " -cl-opt-disable" : "";
    return extensions.options(device) + division + caution + " " + sizes.options();
  }

  @Override
  public String name() {
    return OpenClBackendProvider.NAME;
  }

  @Override
  public DeviceInfo device() {
    return device.info();
  }

  ExpertOrder expertOrder() {
    return expertOrder;
  }

  /** Bytes of all buffers that are open. */
  public long usedBytes() {
    return memory.usedBytes();
  }

  /**
   * Zeroed memory on the device.
   *
   * @throws DeviceException of kind OUT_OF_MEMORY that says what was asked and what is free
   */
  @Override
  public Buffer allocate(long byteSize) {
    return locked("allocating", () -> memory.allocate(byteSize));
  }

  /** A copy on the device, contiguous, in the weight's own encoding; F64 becomes F32. */
  @Override
  public Tensor importWeight(Tensor host) {
    MemorySegment source = HostBuffer.segmentOf(host);
    if (host.dtype() == DType.F64) {
      return importWidened(host, source);
    }
    return locked(
        "importing a weight",
        () -> {
          ClBuffer buffer = memory.allocateUnset(host.byteSize());
          transfers.writeTensor(source, host, buffer);
          return Tensor.of(host.dtype(), host.shape(), buffer, 0);
        });
  }

  private Tensor importWidened(Tensor host, MemorySegment source) {
    Tensor narrow = Tensor.allocateHost(DType.F32, host.shape().toArray());
    MemorySegment target = HostBuffer.segmentOf(narrow);
    try {
      int values = Math.toIntExact(host.shape().last());
      float[] row = new float[values];
      for (long r = 0; r < host.shape().rows(); r++) {
        Codecs.of(DType.F64).decode(source, Transfers.rowOffset(host, r), row, 0, values);
        Codecs.of(DType.F32).encode(row, 0, target, r * narrow.rowBytes(), values);
      }
      return importWeight(narrow);
    } finally {
      narrow.buffer().close();
    }
  }

  @Override
  public Stream stream() {
    requireOpen();
    return stream;
  }

  private void finish() {
    locked(
        "waiting for the queue",
        () -> {
          CL.clFinish(queue);
          if (profile != null) {
            profile.collect();
          }
          return null;
        });
  }

  /**
   * Halves are loaded and stored by functions of OpenCL 1.2; no device needs arithmetic on them.
   */
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
      case Embed e -> weight(e.table());
      case Linear l -> weight(l.weight());
      case HeadLinear l -> weight(l.weight());
      case GroupedLinear g -> weight(g.weight());
      case Attention a -> cache(a.kCache());
      case RopeAppend r -> cache(r.kCache());
      case Convert c -> convertible(c);
      case Add a -> Support.yes();
      case CausalConv c -> Support.yes();
      case CopyPages c -> Support.yes();
      case GatedActivation g -> Support.yes();
      case MergeAttention m -> Support.yes();
      case RmsNorm r -> Support.yes();
      case RopeTable r -> Support.yes();
      case RouteExperts r -> Support.yes();
      case Sample s -> Support.yes();
      case SoftCap s -> Support.yes();
      case SsmScan s -> Support.yes();
    };
  }

  private static Support weight(Tensor tensor) {
    return ProgramSource.weights(tensor.dtype(), Products.FLOAT).isPresent()
        ? Support.yes()
        : Support.no("no OpenCL kernel reads " + tensor.dtype());
  }

  private static Support cache(Tensor tensor) {
    return ProgramSource.cache(tensor.dtype()).isPresent()
        ? Support.yes()
        : Support.no("no OpenCL kernel has pages of " + tensor.dtype());
  }

  private static Support convertible(Convert op) {
    for (Tensor side : new Tensor[] {op.x(), op.out()}) {
      if (side.dtype() == DType.BOOL) {
        return Support.no("BOOL elements are not numbers");
      }
    }
    return Codecs.of(op.out().dtype()).canEncode()
        ? Support.yes()
        : Support.no(op.out().dtype() + " can be decoded but not encoded");
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
    requireOwn(on);
    Support support = supports(op);
    if (!support.supported()) {
      requireOpen();
      throw new DeviceException(
          DeviceException.Kind.UNSUPPORTED, op.name() + ": " + support.reason());
    }
    locked(
        op.name(),
        () -> {
          if (profile != null) {
            profile.begin(op);
          }
          expertOrder.before(op);
          run(op);
          counters.add(op);
          return null;
        });
  }

  private void run(Op op) {
    switch (op) {
      case Add add -> rowOps.run(add);
      case Attention attention -> attentionOps.run(attention);
      case CausalConv convolution -> stateOps.run(convolution);
      case Convert convert -> rowOps.run(convert);
      case CopyPages copy -> rowOps.run(copy);
      case Embed embed -> rowOps.run(embed);
      case GatedActivation activation -> rowOps.run(activation);
      case GroupedLinear linear -> matrixOps.run(linear);
      case HeadLinear linear -> matrixOps.run(linear);
      case Linear linear -> matrixOps.run(linear);
      case MergeAttention merge -> attentionOps.run(merge);
      case RmsNorm norm -> rowOps.run(norm);
      case RopeAppend append -> ropeOps.run(append);
      case RopeTable table -> ropeOps.run(table);
      case RouteExperts route -> stateOps.run(route);
      case Sample sample -> rowOps.run(sample);
      case SoftCap cap -> rowOps.run(cap);
      case SsmScan scan -> stateOps.run(scan);
    }
  }

  @Override
  public void upload(MemorySegment source, Tensor target, Stream on) {
    requireOwn(on);
    TransferCheck.upload(source, target);
    locked(
        "upload",
        () -> {
          expertOrder.forget();
          transfers.write(source, own(target), target.offset());
          counters.addUpload(source.byteSize());
          return null;
        });
  }

  @Override
  public void download(Tensor source, MemorySegment target, Stream on) {
    requireOwn(on);
    TransferCheck.download(source, target);
    locked(
        "download",
        () -> {
          transfers.read(own(source), source.offset(), target.asSlice(0, source.byteSize()));
          counters.addDownload(source.byteSize());
          if (profile != null) {
            profile.collect();
          }
          return null;
        });
  }

  private ClBuffer own(Tensor tensor) {
    if (tensor.buffer() instanceof ClBuffer buffer && buffer.belongsTo(memory)) {
      return buffer;
    }
    throw new IllegalArgumentException(tensor + " does not live on this OpenCL device");
  }

  /** Something that talks to the driver. */
  private interface Action<T> {
    T run();
  }

  private <T> T locked(String what, Action<T> action) {
    lock.lock();
    try {
      requireOpen();
      return action.run();
    } catch (CLException e) {
      throw Failures.of(what + " on OpenCL device '" + device.info().name() + "'", e);
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
      throw new IllegalStateException("the opencl backend is closed");
    }
  }

  private void requireOwn(Stream on) {
    if (on != stream) {
      throw new IllegalArgumentException("the stream belongs to another backend");
    }
  }

  /** Waits for the queue, then releases programs, all buffers that are still open, and the rest. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      CL.clFinish(queue);
      if (profile != null) {
        profile.release();
      }
      programs.close();
      memory.closeAll();
      CL.clReleaseCommandQueue(queue);
      Handles.released();
      CL.clReleaseContext(context);
      Handles.released();
    } finally {
      lock.unlock();
    }
  }
}
