package dev.levin.opencl;

import static org.jocl.CL.CL_PROGRAM_BINARIES;
import static org.jocl.CL.CL_PROGRAM_BINARY_SIZES;
import static org.jocl.CL.CL_PROGRAM_BUILD_LOG;

import dev.levin.core.DeviceException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Programs built when one of their kernels is first used, and kept. Used under the launch lock. */
final class Programs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Programs.class);

  private record KernelKey(ProgramSource source, String name) {}

  private final OpenClDevice device;
  private final cl_context context;
  private final BinaryCache cache;
  private final String deviceOptions;
  private final Map<ProgramSource, cl_program> programs = new HashMap<>();
  private final Map<KernelKey, cl_kernel> kernels = new HashMap<>();

  Programs(OpenClDevice device, cl_context context, BinaryCache cache, String deviceOptions) {
    this.device = device;
    this.context = context;
    this.cache = cache;
    this.deviceOptions = deviceOptions;
  }

  /**
   * A kernel of a program.
   *
   * @throws DeviceException with the compiler's log when the program does not build
   */
  cl_kernel kernel(ProgramSource source, String name) {
    KernelKey key = new KernelKey(source, name);
    cl_kernel known = kernels.get(key);
    if (known != null) {
      return known;
    }
    cl_kernel kernel = CL.clCreateKernel(program(source), name, null);
    Handles.opened();
    kernels.put(key, kernel);
    return kernel;
  }

  private cl_program program(ProgramSource source) {
    cl_program known = programs.get(source);
    if (known != null) {
      return known;
    }
    String[] texts = source.texts();
    String options = (deviceOptions + " " + source.options()).strip();
    String key =
        BinaryCache.key(
            device.info().properties().get("platform version"),
            device.info().name(),
            device.version(),
            device.driver(),
            options,
            String.join("\n", texts));
    cl_program program =
        SignalHandlers.kept(
            () ->
                cache
                    .find(key)
                    .flatMap(binary -> fromBinary(binary, options))
                    .orElseGet(() -> fromSource(source, texts, options, key)));
    programs.put(source, program);
    return program;
  }

  /** Nothing when the driver refuses the binary. */
  private Optional<cl_program> fromBinary(byte[] binary, String options) {
    cl_program program = null;
    try {
      program =
          CL.clCreateProgramWithBinary(
              context,
              1,
              new cl_device_id[] {device.id()},
              new long[] {binary.length},
              new byte[][] {binary},
              null,
              null);
      Handles.opened();
      CL.clBuildProgram(program, 0, null, options, null, null);
      return Optional.of(program);
    } catch (CLException e) {
      LOG.debug("a cached OpenCL binary is refused", e);
      release(program);
      return Optional.empty();
    }
  }

  private cl_program fromSource(ProgramSource source, String[] texts, String options, String key) {
    cl_program program = CL.clCreateProgramWithSource(context, texts.length, texts, null, null);
    Handles.opened();
    try {
      CL.clBuildProgram(program, 0, null, options, null, null);
    } catch (CLException e) {
      String log = buildLog(program);
      release(program);
      throw new DeviceException(
          DeviceException.Kind.INTERNAL,
          "OpenCL program %s (%s) does not build for '%s': %s%n%s"
              .formatted(
                  source.files(), options, device.info().name(), Failures.name(e.getStatus()), log),
          e);
    }
    if (cache.isOpen()) {
      binary(program).ifPresent(binary -> cache.store(key, binary));
    }
    return program;
  }

  private String buildLog(cl_program program) {
    long[] size = new long[1];
    CL.clGetProgramBuildInfo(program, device.id(), CL_PROGRAM_BUILD_LOG, 0, null, size);
    byte[] log = new byte[Math.toIntExact(size[0])];
    CL.clGetProgramBuildInfo(
        program, device.id(), CL_PROGRAM_BUILD_LOG, log.length, Pointer.to(log), null);
    return OpenClDevice.string(log);
  }

  private static Optional<byte[]> binary(cl_program program) {
    long[] size = new long[1];
    CL.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null);
    if (size[0] == 0) {
      return Optional.empty();
    }
    ByteBuffer binary = ByteBuffer.allocateDirect(Math.toIntExact(size[0]));
    CL.clGetProgramInfo(
        program, CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(Pointer.to(binary)), null);
    byte[] bytes = new byte[binary.capacity()];
    binary.get(bytes);
    return Optional.of(bytes);
  }

  private static void release(cl_program program) {
    if (program != null) {
      CL.clReleaseProgram(program);
      Handles.released();
    }
  }

  @Override
  public void close() {
    for (cl_kernel kernel : kernels.values()) {
      CL.clReleaseKernel(kernel);
      Handles.released();
    }
    kernels.clear();
    programs.values().forEach(Programs::release);
    programs.clear();
  }
}
